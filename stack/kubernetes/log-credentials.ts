/**
 * `node stack/kubernetes/log-credentials.ts | kubectl apply -f -` asks Elasticsearch for what Logstash and Kibana need to
 * use it, and makes of it the Secret that both wait for.
 */
import { connect } from '@sightline/logging/elasticsearch/connection.ts';
import { kibanaToken, logstashApiKey } from '@sightline/logging/elasticsearch/credentials.ts';
import { secretOf } from './local-secrets.ts';
import { print } from './print.ts';

try {
  const connection = connect(process.env);
  const secret = secretOf('log-credentials', {
    'logstash-api-key': await logstashApiKey(connection),
    'kibana-token': await kibanaToken(connection),
  });
  print([secret], 'stack/kubernetes/log-credentials.ts');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
