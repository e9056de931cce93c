/** Ships log lines to Elasticsearch: `node logging/shipper/main.ts`, with the settings of settings.ts. */

import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { createMetricsOf } from '@sightline/telemetry/metrics.ts';
import { loadCheckpoint } from './checkpoint.ts';
import { addDeadLetters, deadLettersIn } from './dead-letters.ts';
import { Delivery } from './delivery.ts';
import { connectElasticsearch } from './elasticsearch.ts';
import { Follower } from './follower.ts';
import { metricsServer } from './metrics-server.ts';
import { reasonOf, sayTo } from './say.ts';
import { readShipperSettings, type ShipperSettings, storeSettings } from './settings.ts';
import { Shipper } from './shipper.ts';

const say = sayTo((line) => process.stderr.write(line));

try {
  await main(readShipperSettings(process.env));
} catch (error) {
  say(reasonOf(error));
  process.exitCode = 1;
}

async function main(settings: ShipperSettings): Promise<void> {
  const stateDirectory = settings.SHIPPER_STATE_DIRECTORY;
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const checkpointPath = join(stateDirectory, 'checkpoint.json');
  const checkpoint = loadCheckpoint(checkpointPath);
  const metrics = createMetricsOf('log-shipper', 'prometheus');
  // Nothing was late before the start.
  metrics.set('log_shipper_last_success_timestamp_seconds', {}, Date.now() / 1000);
  const store = connectElasticsearch(storeSettings(settings));
  const longestPauseMs = settings.SHIPPER_RETRY_MS;
  const deadLetters = deadLettersIn(stateDirectory);
  const follower = new Follower(
    {
      patterns: settings.SHIPPER_FILES,
      batchLines: settings.SHIPPER_BATCH_LINES,
      batchBytes: settings.SHIPPER_BATCH_BYTES,
      lineBytes: settings.SHIPPER_LINE_BYTES,
    },
    say,
    checkpoint,
  );
  const shipper = new Shipper({
    follower,
    delivery: new Delivery({
      store,
      metrics,
      say,
      bury: (letters) => addDeadLetters(deadLetters, letters),
      longestPauseMs,
    }),
    metrics,
    say,
    checkpointPath,
    batchAgeMs: settings.SHIPPER_BATCH_AGE_MS,
    pollMs: settings.SHIPPER_POLL_MS,
    longestPauseMs,
  });

  // The port also keeps a second shipper from the same files.
  const { SHIPPER_HOST: host, SHIPPER_PORT: wantedPort } = settings;
  const server = metricsServer(metrics).listen(wantedPort, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw new Error(`Can't listen on ${host}:${wantedPort} (SHIPPER_HOST, SHIPPER_PORT): ${reasonOf(error)}`);
  });
  const { port } = server.address() as AddressInfo;
  const stop = new AbortController();
  const giveUp = new AbortController();
  onInterrupt((signal) => {
    say(`${signal}: shipping what is written, for ${settings.SHIPPER_STOP_MS} ms at most.`);
    stop.abort();
    setTimeout(() => giveUp.abort(), settings.SHIPPER_STOP_MS).unref();
  });
  say(
    `Shipping ${settings.SHIPPER_FILES.join(', ')} to ${settings.SHIPPER_DATA_STREAM} at ${settings.ELASTICSEARCH_URL}; ` +
      `metrics at http://${host}:${port}/metrics; ` +
      (checkpoint
        ? `going on from the checkpoint of ${checkpoint.savedAt}.`
        : 'from the start of each file.'),
  );
  // Else it is written at an orderly end only.
  flushCompileCache();
  try {
    await shipper.run(stop.signal, giveUp.signal);
  } finally {
    server.close();
    server.closeAllConnections();
    follower.close();
    await store.close();
  }
  say(
    giveUp.signal.aborted
      ? 'Stopped in time, with lines left for the next start.'
      : 'Stopped; all is shipped.',
  );
}
