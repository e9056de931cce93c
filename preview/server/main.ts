/**
 * The live preview's process: `PAGE_PORT= PROMETHEUS_URL= ALERTMANAGER_URL= ELASTICSEARCH_URL= SCRAPE_INTERVAL_SECONDS=`.
 * It listens on loopback only: what it shows is for whoever sits at this machine.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { bundle } from '../build.ts';
import { dashboardFiles } from '../record.ts';
import { buildPage } from './app.ts';
import { readPageSettings } from './settings.ts';

/** Until an upstream is too slow: a reader has given up by then. */
const timeoutMs = 10_000;

try {
  const { port, ...settings } = readPageSettings(process.env);
  const app = buildPage({
    ...settings,
    timeoutMs,
    dashboards: dashboardFiles(),
    bundle: await bundle('live'),
  });
  const server = createServer({ requestTimeout: 15_000 }, app.callback());
  onInterrupt(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  console.log(`The preview is at http://127.0.0.1:${port}/.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
