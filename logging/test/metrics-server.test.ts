import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMetricsOf } from '@sightline/telemetry/metrics.ts';
import { metricsServer } from '../shipper/metrics-server.ts';

const server = metricsServer(createMetricsOf('log-shipper', 'prometheus'));
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

/** Headers as they are; `fetch` would keep some to itself. */
const ask = (path: string, headers: Record<string, string>) =>
  new Promise((answer, reject) =>
    request({ port: (server.address() as AddressInfo).port, path, headers }, (response) =>
      answer(response.resume().statusCode),
    )
      .on('error', reject)
      .end(),
  );

test.each(['/metrics', '/health'])('a page does not read %s of the log shipper', async (path) => {
  expect(await ask(path, {})).toBe(200);
  expect(await ask(path, { host: 'rebound.evil.example' })).toBe(403);
  expect(await ask(path, { origin: 'https://evil.example' })).toBe(403);
});
