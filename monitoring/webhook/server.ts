import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { whyFromPage } from '@sightline/telemetry/own-server/web-pages.ts';
import type { AlertFile } from './alert-file.ts';
import type { DeadMansSwitch } from './dead-mans-switch.ts';
import { NotificationError, readNotification } from './notification.ts';
import type { CatcherSettings } from './settings.ts';

interface Answer {
  status: number;
  body: object | string;
}

/** More than Alertmanager ever sends; what is longer is refused. */
const largestBytes = 5 * 1024 * 1024;
const watchdogAlert = 'Watchdog';

/**
 * The catcher over HTTP: `POST /` takes notifications, the others show what came.
 * Whoever reaches it is trusted, but not a web page: it could feed the dead man's switch.
 * @param runbooks a folder whose pages are shown at `/runbooks/NAME.md`, where alerts link to
 */
export function catcherServer(
  file: AlertFile,
  deadMansSwitch: DeadMansSwitch,
  { runbooks, names }: Pick<CatcherSettings, 'runbooks' | 'names'>,
): Server {
  const routes: Readonly<Record<string, (request: IncomingMessage) => Answer | Promise<Answer>>> = {
    'POST /': async (request) => {
      const alerts = readNotification(await bodyOf(request), new Date());
      const isHeartbeat = ({ labels, status }: (typeof alerts)[number]) =>
        labels['alertname'] === watchdogAlert && status === 'firing';
      if (alerts.some(isHeartbeat)) deadMansSwitch.heard(Date.now());
      // A heartbeat a minute would push out everything else.
      file.add(alerts.filter(({ labels }) => labels['alertname'] !== watchdogAlert));
      return { status: 200, body: { received: alerts.length } };
    },
    'GET /alerts': () => ({ status: 200, body: file.newestFirst }),
    'GET /watchdog': () => {
      const { alive, detail } = deadMansSwitch.look(Date.now());
      return { status: alive ? 200 : 503, body: { alive, detail } };
    },
    'GET /health': () => ({ status: 200, body: { status: 'ok' } }),
    'GET /metrics': () => ({ status: 200, body: metrics(deadMansSwitch) }),
  };
  return createServer(async (request, response) => {
    const address = `${request.method} ${request.url?.split('?')[0]}`;
    const refusal = whyFromPage(request.headers, { names, links: request.method === 'GET' });
    const route =
      refusal === undefined ? (routes[address] ?? runbookAt(address, runbooks)) : forbidden(refusal);
    const { status, body } = route
      ? await Promise.try(route, request).catch((error: unknown) => ({
          // Alertmanager tries again after a 5xx only.
          status: error instanceof NotificationError ? 400 : 500,
          body: { error: error instanceof Error ? error.message : String(error) },
        }))
      : {
          status: 404,
          body: { error: `There is no such address. Known: ${Object.keys(routes).join(', ')}.` },
        };
    const isText = typeof body === 'string';
    response.writeHead(status, {
      'content-type': isText ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json',
    });
    response.end(isText ? body : `${JSON.stringify(body)}\n`);
  });
}

const forbidden = (error: string) => (): Answer => ({ status: 403, body: { error } });

/** A runbook as it is written: a page for people who are called at night needs no more. */
function runbookAt(address: string, folder: string | undefined): (() => Answer) | undefined {
  const name = /^GET \/runbooks\/(\w+\.md)$/.exec(address)?.[1];
  if (name === undefined || folder === undefined) return undefined;
  try {
    const body = readFileSync(join(folder, name), 'utf8');
    return () => ({ status: 200, body });
  } catch {
    return undefined;
  }
}

function metrics(deadMansSwitch: DeadMansSwitch): string {
  const seconds = (deadMansSwitch.lastHeartbeat ?? 0) / 1000;
  return [
    '# HELP watchdog_last_received_timestamp_seconds When the last heartbeat of Watchdog arrived; 0 until one does.',
    '# TYPE watchdog_last_received_timestamp_seconds gauge',
    `watchdog_last_received_timestamp_seconds ${seconds}`,
    '',
  ].join('\n');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBytes) throw new NotificationError(`The body is longer than ${largestBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
