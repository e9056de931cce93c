/**
 * Credentials for other programs that use Elasticsearch, each allowed just what it does. A running
 * Elasticsearch grants it.
 */
import { ask, type Connection, reasonIn } from './connection.ts';

/** The privileges of Logstash (logging/logstash/README.md), and nothing else. */
const logstashMay = {
  cluster: ['monitor'],
  indices: [{ names: ['logs-todo-*'], privileges: ['create_doc', 'auto_configure'] }],
};

interface Granted {
  readonly id?: string;
  readonly api_key?: string;
  readonly token?: { readonly value: string };
}

async function grant(connection: Connection, path: string, body?: object): Promise<Granted> {
  const { status, body: answer } = await ask<Granted>(connection, 'POST', path, body);
  if (status !== 200) throw new Error(`Elasticsearch gives no credential (${status}): ${reasonIn(answer)}`);
  return answer;
}

/** A new API key for Logstash, as `id:key`. @throws Error with a sentence when Elasticsearch gives none */
export async function logstashApiKey(connection: Connection): Promise<string> {
  const { id, api_key } = await grant(connection, '/_security/api_key', {
    name: 'logstash',
    role_descriptors: { logstash: logstashMay },
  });
  return `${id}:${api_key}`;
}

/** A new token of Kibana's service account. @throws Error with a sentence when Elasticsearch gives none */
export async function kibanaToken(connection: Connection): Promise<string> {
  const name = `sightline-${Date.now()}`;
  const { token } = await grant(connection, `/_security/service/elastic/kibana/credential/token/${name}`);
  return token?.value ?? '';
}
