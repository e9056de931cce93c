/**
 * `node e2e/docker/logs-filebeat.ts`: does the log path of containers (Filebeat, Logstash) lose or double a line? On the stack
 * that runs by Docker: RATE (40) requests a second, Elasticsearch away for OUTAGE_SECONDS (60) in the middle of them, then one
 * document for each request, and no gap in any sequence.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { integer } from '@sightline/settings/kinds.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { elasticsearchOf } from '@sightline/stack/compose/elasticsearch.ts';
import { countDocuments, faultsOfLines, faultsOfRequests } from '../outage/logged-once.ts';
import { startSteadyLoad } from '../outage/steady-load.ts';
import { stackInDocker } from '../verify/stack-in-docker.ts';

/** Before the outage, and after it while the rest arrives. */
const calmSeconds = 15;
/** Until the last line has to be there: Logstash tries again after a minute at most. */
const patienceSeconds = 300;
/** For the lines that are between a program's stdout and Filebeat when everything else is there. */
const settleSeconds = 10;

function docker(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('docker', args, { encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${(error?.message ?? stderr).trim()}`);
  return stdout.trim();
}

/** The one container of Elasticsearch, by the label of docker compose. @throws Error with a sentence when it isn't one */
function elasticsearchContainer(): string {
  const found = docker('ps', '--quiet', '--filter', 'label=com.docker.compose.service=elasticsearch');
  if (/^[0-9a-f]+$/.test(found)) return found;
  throw new Error(
    found === ''
      ? 'No Elasticsearch runs by Docker here. Start the stack: make up STACK=docker'
      : 'Several stacks run by Docker here, so it is not clear whose Elasticsearch to take away.',
  );
}

async function prove(): Promise<readonly string[]> {
  const { RATE: rate, OUTAGE_SECONDS: outageSeconds } = readSettings(
    { RATE: { ...integer(1, 1000), unset: '40' }, OUTAGE_SECONDS: { ...integer(1, 600), unset: '60' } },
    process.env,
  );
  const stackDirectory = stackDirectoryOf(process.env);
  const clientsUrl = stackInDocker(stackDirectory)?.clientsUrl;
  if (clientsUrl === undefined)
    throw new Error('No stack runs by Docker here. Start it: make up STACK=docker');
  const container = elasticsearchContainer();
  const connection = connect({ ...elasticsearchOf(stackDirectory), ...process.env });
  const idPrefix = `filebeat-${Date.now().toString(36)}-`;
  await using load = await startSteadyLoad({
    clientsUrl,
    idPrefix,
    rate,
  });
  console.log(`${rate} requests a second; in ${calmSeconds} s Elasticsearch goes for ${outageSeconds} s …`);
  await pause(calmSeconds * 1000);
  docker('stop', container);
  try {
    await pause(outageSeconds * 1000);
  } finally {
    docker('start', container);
  }
  console.log('It is back; waiting for what was written meanwhile …');
  await pause(calmSeconds * 1000);
  await load.stop();
  const { requests } = load;
  // While Elasticsearch starts it answers with errors.
  const isWhole = async () => (await countDocuments(connection, idPrefix).catch(() => 0)) >= requests.length;
  await waitFor(isWhole, patienceSeconds, '').catch(() => {
    // Which are missing is said below.
  });
  await pause(settleSeconds * 1000);
  await connection.client.indices.refresh({ index: dataStream });
  console.log(`${requests.length} requests were sent.`);
  return [
    ...(await faultsOfRequests(connection, idPrefix, requests)),
    ...(await faultsOfLines(connection, [])),
  ];
}

try {
  const faults = await prove();
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  else console.log('Each is one document, and no line is missing or there twice.');
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
