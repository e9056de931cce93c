/**
 * `node stack/kubernetes/log-credentials.ts | kubectl apply -f -` asks Elasticsearch for what Logstash and Kibana need to
 * use it, and makes of it the Secret that both wait for.
 */
import { ask, connect, reasonIn } from '../../logging/elasticsearch/connection.ts';
import { secretOf } from './local-secrets.ts';
import { print } from './print.ts';

/** What Logstash may do (logging/logstash/README.md), and nothing else. */
const logstashMay = {
  cluster: ['monitor'],
  indices: [{ names: ['logs-todo-*'], privileges: ['create_doc', 'auto_configure'] }],
};

interface Granted {
  readonly id?: string;
  readonly api_key?: string;
  readonly token?: { readonly value: string };
}

try {
  const connection = connect(process.env);
  const grant = async (path: string, body?: object) => {
    const { status, body: answer } = await ask<Granted>(connection, 'POST', path, body);
    if (status !== 200) throw new Error(`Elasticsearch gives no credential (${status}): ${reasonIn(answer)}`);
    return answer;
  };
  const key = await grant('/_security/api_key', {
    name: 'logstash',
    role_descriptors: { logstash: logstashMay },
  });
  const token = await grant(`/_security/service/elastic/kibana/credential/token/sightline-${Date.now()}`);
  print(
    [
      secretOf('log-credentials', {
        'logstash-api-key': `${key.id}:${key.api_key}`,
        'kibana-token': token.token?.value ?? '',
      }),
    ],
    'stack/kubernetes/log-credentials.ts',
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
