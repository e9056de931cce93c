/**
 * `node stack/compose/elasticsearch.ts PROGRAM`: runs a program of `logging` on the Elasticsearch and the Kibana of the stack that
 * runs in Docker, whose addresses and credentials it is told; without such a stack, or of one whose URL is set, just the program.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { readRecord } from './record.ts';
import { mountedSecrets } from './secrets.ts';

/** Settings of logging/elasticsearch for the stack of this folder; undefined when none runs in Docker. */
export function elasticsearchOf(stackDirectory: string): Readonly<Record<string, string>> | undefined {
  const record = readRecord(stackDirectory);
  if (record === undefined) return undefined;
  const secrets = mountedSecrets(stackDirectory);
  return {
    ELASTICSEARCH_URL: `https://127.0.0.1:${record.ports['ELASTICSEARCH_PORT']}`,
    ELASTICSEARCH_PASSWORD_FILE: join(secrets, 'elasticsearch/elastic-password'),
    ELASTICSEARCH_CA_FILE: join(secrets, 'elasticsearch-certificate/ca.crt'),
  };
}

/** Settings of logging/kibana for the stack of this folder; undefined when none runs in Docker. */
export function kibanaOf(stackDirectory: string): Readonly<Record<string, string>> | undefined {
  const record = readRecord(stackDirectory);
  if (record === undefined) return undefined;
  return {
    KIBANA_URL: `http://127.0.0.1:${record.ports['KIBANA_PORT']}`,
    KIBANA_PASSWORD_FILE: join(mountedSecrets(stackDirectory), 'elasticsearch/elastic-password'),
  };
}

if (import.meta.main) {
  const directory = stackDirectoryOf(process.env);
  const settings = {
    ...(!process.env['ELASTICSEARCH_URL'] && elasticsearchOf(directory)),
    ...(!process.env['KIBANA_URL'] && kibanaOf(directory)),
  };
  const { status } = spawnSync(process.execPath, process.argv.slice(2), {
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
  process.exitCode = status ?? 1;
}
