/**
 * `node ci/with-postgresql.ts logging/bench/log-copy.ts`: what LOG_DESTINATION=elasticsearch costs when
 * Elasticsearch is killed for a while, and when it hangs. RATE=100 requests a second, OUTAGE=20 and HANG=30 seconds.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { integer } from '@sightline/settings/kinds.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { type ApiProcess, startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { missingElasticsearch, startElasticsearch } from '@sightline/testkit/elasticsearch.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { applyTemplates } from '../elasticsearch/apply.ts';
import { connect, dataStream, defaultRetention } from '../elasticsearch/connection.ts';

const count = integer(1, 100_000);
const {
  RATE: rate,
  OUTAGE: outageSeconds,
  HANG: hangSeconds,
} = readSettings(
  { RATE: { ...count, unset: '100' }, OUTAGE: { ...count, unset: '20' }, HANG: { ...count, unset: '30' } },
  process.env,
);
const longestWaitMs = 120_000;

if (missingElasticsearch !== undefined) throw new Error(missingElasticsearch);
const database = await createTestDatabase();
const elasticsearch = await startElasticsearch();
const connection = connect({ ELASTICSEARCH_URL: elasticsearch.url });
const running: ApiProcess[] = [];
try {
  await applyTemplates(connection, { retention: defaultRetention, say: () => {} });
  const plain = await start({});
  const api = await start({ LOG_DESTINATION: 'elasticsearch', ELASTICSEARCH_URL: elasticsearch.url });
  const seconds = 5 + outageSeconds + hangSeconds;
  await load(plain, seconds);
  console.log(`without a copy, after ${seconds} s at ${rate} requests/s: ${memory(plain)}`);

  await load(api, 5);
  await eventually(async () => (await documents()) === linesOf(api).length, longestWaitMs);
  console.log(`with a copy, after 5 s: ${memory(api)}`);

  await elasticsearch.kill();
  await load(api, outageSeconds);
  console.log(`after ${outageSeconds} s without Elasticsearch: ${memory(api)}`);
  await elasticsearch.start();
  await eventually(() => api.output().includes('log-copy-recovered'), longestWaitMs);
  await settled();
  const written = linesOf(api).length;
  console.log(`then, of ${written} lines on stdout, ${written - (await documents())} not in Elasticsearch`);

  await elasticsearch.pause();
  await load(api, hangSeconds);
  console.log(`after ${hangSeconds} s of a hung Elasticsearch: ${memory(api)}`);
  const began = performance.now();
  api.child.kill('SIGTERM');
  const end = await api.ended;
  const took = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`SIGTERM while it hangs: ended with ${end} after ${took} s; last line: ${linesOf(api).at(-1)}`);
} finally {
  for (const { child, ended } of running) {
    child.kill('SIGKILL');
    await ended;
  }
  await connection.client.close();
  await elasticsearch.stop();
  await database.drop();
}

async function start(environment: Record<string, string>): Promise<ApiProcess> {
  const api = await startApiProcess({ DATABASE_URL: database.url, RATE_LIMIT_IP: '0', ...environment });
  running.push(api);
  return api;
}

/** Requests at an even rate, each of which leaves a line. */
async function load({ url }: ApiProcess, seconds: number): Promise<void> {
  const requests: Promise<unknown>[] = [];
  const began = performance.now();
  for (let sent = 0; sent < rate * seconds; sent += 1) {
    requests.push(fetch(`${url}/v1/todos`).then((response) => response.arrayBuffer()));
    await wait(Math.max(0, began + (sent * 1000) / rate - performance.now()));
  }
  await Promise.all(requests);
}

function linesOf({ output }: ApiProcess): string[] {
  return output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
}

async function documents(): Promise<number> {
  const { client } = connection;
  await client.indices.refresh({ index: dataStream });
  return (await client.count({ index: dataStream })).count;
}

/** Waits until no document has come for three seconds. */
async function settled(): Promise<void> {
  for (let before = -1, now = await documents(); now !== before; now = await documents()) {
    before = now;
    await wait(3000);
  }
}

/** The resident memory of a process, as far as this system tells it. */
function memory({ child }: ApiProcess): string {
  const path = `/proc/${child.pid}/status`;
  if (!existsSync(path)) return 'unknown memory';
  const status = readFileSync(path, 'utf8');
  const [now, max] = [/VmRSS:\s+(\d+) kB/, /VmHWM:\s+(\d+) kB/].map((pattern) =>
    ((Number(pattern.exec(status)?.[1]) * 1024) / 1e6).toFixed(0),
  );
  return `${now} MB resident, ${max} MB at most`;
}
