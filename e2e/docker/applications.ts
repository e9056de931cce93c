/** Grafana and Kibana of a stack in Docker, as whoever its settings say. */
import { join } from 'node:path';
import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { kibanaOf } from '@sightline/stack/compose/elasticsearch.ts';
import { readRecord } from '@sightline/stack/compose/record.ts';
import { mountedSecrets } from '@sightline/stack/compose/secrets.ts';
import { type Application, applicationOf } from './answers.ts';

/** Settings that lead to the Grafana of a stack in Docker; nothing where none runs. */
function grafanaSettings(stackDirectory: string): Readonly<Record<string, string>> {
  const record = readRecord(stackDirectory);
  if (record === undefined) return {};
  return {
    GRAFANA_URL: `http://127.0.0.1:${record.ports['GRAFANA_PORT']}`,
    GRAFANA_PASSWORD_FILE: join(mountedSecrets(stackDirectory), 'grafana/admin-password'),
  };
}

/** @throws Error with a sentence when a password can't be read */
export const grafanaOf = (environment: NodeJS.ProcessEnv): Application =>
  applicationOf(
    { ...grafanaSettings(stackDirectoryOf(environment)), ...environment },
    { name: 'GRAFANA', defaultUrl: 'http://127.0.0.1:3001', defaultUser: 'admin' },
  );

/** @throws Error with a sentence when a password can't be read */
export const kibanaApplication = (environment: NodeJS.ProcessEnv): Application =>
  applicationOf(
    { ...kibanaOf(stackDirectoryOf(environment)), ...environment },
    {
      name: 'KIBANA',
      defaultUrl: 'http://127.0.0.1:5601',
      defaultUser: 'elastic',
      // Without the first Kibana takes no POST, without the second no call that is not of its public API.
      headers: { 'kbn-xsrf': 'sightline', 'x-elastic-internal-origin': 'sightline' },
    },
  );
