import { createServer, type Server } from 'node:http';
import type { Metrics } from '@sightline/telemetry/metrics.ts';
import { whyFromPage } from '@sightline/telemetry/own-server/web-pages.ts';

/** `GET /metrics`, and `GET /health`, which answers 200 as long as the process works, whatever Elasticsearch does. */
export function metricsServer(metrics: Metrics<'log-shipper'>): Server {
  return createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const refusal = whyFromPage(request.headers, { links: true });
    if (refusal !== undefined) {
      response
        .writeHead(403, { 'content-type': 'application/json' })
        .end(`${JSON.stringify({ error: refusal })}\n`);
    } else if (request.method === 'GET' && path === '/metrics') {
      metrics.scrape().then(
        ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
        // Nobody above would catch, and the process would end.
        () => response.writeHead(500).end(),
      );
    } else if (request.method === 'GET' && path === '/health') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}\n');
    } else {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":"There is no such address. Known: GET /metrics, GET /health."}\n');
    }
  });
}
