/** `node backup/exporter.ts` serves metrics of the backups that are at the destination, whoever made them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createMetricsOf } from '@sightline/telemetry/metrics.ts';
import { observe } from './observe.ts';
import { run, say } from './outcome.ts';
import { reasonOf } from './reason.ts';
import { readSettings, settingsOf } from './settings.ts';
import { openStorage } from './storage/open.ts';

await run('Metrics are no longer served.', async (interrupted) => {
  const settings = readSettings(process.env, settingsOf.exporter);
  const storage = openStorage(settings, interrupted);
  let metrics = createMetricsOf('backup', 'prometheus');
  /** Said once, and again when it is another. */
  let problem = '';
  const look = async () => {
    let now: string;
    try {
      const seen = await observe(storage, settings.BACKUP_VERIFICATION_KEYS);
      metrics = seen.metrics;
      now = seen.refused.join(' ');
    } catch (error) {
      if (interrupted.aborted) return;
      // What was there last stays, and grows old: that is what alerts look at.
      now = reasonOf(error);
    }
    if (now !== problem && now !== '') say(now);
    problem = now;
  };
  await look();

  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method === 'GET' && path === '/metrics') {
      metrics.scrape().then(
        ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
        // Nobody above would catch, and the process would end.
        () => response.writeHead(500).end(),
      );
    } else if (request.method === 'GET' && path === '/health') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
    } else {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end('There is no such address. Known: GET /metrics, GET /health.\n');
    }
  }).listen(settings.EXPORTER_PORT, settings.EXPORTER_HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  say(`Looks at ${storage.name}; metrics at http://${settings.EXPORTER_HOST}:${port}/metrics.`);

  while (!interrupted.aborted) {
    await pause(settings.EXPORTER_INTERVAL_MS, undefined, { signal: interrupted }).catch(() => {});
    if (!interrupted.aborted) await look();
  }
  say('Interrupted: metrics are no longer served.');
  server.close();
  server.closeAllConnections();
});
