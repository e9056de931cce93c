/** `node logging/kibana/import.ts` gives Kibana the saved objects of this folder; see the README for its settings. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { endWhenInterrupted } from '@sightline/settings/interrupt.ts';
import { anyGrafana, anyJaeger } from './saved-objects.ts';

const url = (process.env['KIBANA_URL'] || 'http://127.0.0.1:5601').replace(/\/$/, '');
const grafanaUrl = (process.env['GRAFANA_URL'] || anyGrafana).replace(/\/$/, '');
const jaegerUrl = (process.env['JAEGER_URL'] || anyJaeger).replace(/\/$/, '');

interface Imported {
  readonly success: boolean;
  readonly successCount: number;
  readonly errors?: readonly { readonly id: string; readonly error: { readonly type: string } }[];
}

function secret(setting: string): string | undefined {
  const file = process.env[setting];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${setting} names ${file}, which can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function authorization(): Record<string, string> {
  const apiKey = secret('KIBANA_API_KEY_FILE');
  if (apiKey !== undefined) return { authorization: `ApiKey ${apiKey}` };
  const password = secret('KIBANA_PASSWORD_FILE');
  if (password === undefined) return {};
  const login = `${process.env['KIBANA_USERNAME'] || 'elastic'}:${password}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

/** Digits and nothing else: Number() also reads 1e3. */
function waitSeconds(): number {
  const text = process.env['KIBANA_WAIT_SECONDS'] || '0';
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new Error('KIBANA_WAIT_SECONDS takes how many seconds Kibana may take to start, such as 120.');
}

/** Sends a request, again and again for as long as Kibana may still be starting. */
async function send(request: () => Request): Promise<Response> {
  const end = performance.now() + waitSeconds() * 1000;
  for (;;) {
    const answer = await fetch(request(), { signal: AbortSignal.timeout(60_000) }).catch(
      (error: unknown) => (error as { cause?: Error }).cause ?? (error as Error),
    );
    const isStarting = !(answer instanceof Response) || answer.status === 503;
    if (isStarting && performance.now() < end) {
      await pause(1000);
      continue;
    }
    if (answer instanceof Response) return answer;
    throw new Error(
      `Kibana at ${url} does not answer (${answer.message}). Start it, or set KIBANA_URL to where it is.`,
    );
  }
}

function form(): FormData {
  const objects = readFileSync(new URL('saved-objects.ndjson', import.meta.url), 'utf8');
  const data = new FormData();
  const linked = objects.replaceAll(anyGrafana, grafanaUrl).replaceAll(anyJaeger, jaegerUrl);
  const file = new Blob([linked], { type: 'application/ndjson' });
  data.set('file', file, 'saved-objects.ndjson');
  return data;
}

async function importObjects(): Promise<number> {
  // The ids are ours, so that a repeated import replaces what an earlier one made.
  const answer = await send(
    () =>
      new Request(`${url}/api/saved_objects/_import?overwrite=true`, {
        method: 'POST',
        headers: { 'kbn-xsrf': 'sightline', ...authorization() },
        body: form(),
      }),
  );
  if (answer.status === 401 || answer.status === 403)
    throw new Error(
      `Kibana at ${url} refuses these credentials (${answer.status}): set KIBANA_API_KEY_FILE, or KIBANA_USERNAME and ` +
        'KIBANA_PASSWORD_FILE, to a user who may write saved objects.',
    );
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Kibana at ${url} answers ${answer.status}: ${text.slice(0, 500)}`);
  const { success, successCount, errors = [] } = JSON.parse(text) as Imported;
  if (!success)
    throw new Error(
      `Kibana at ${url} did not take ${errors.map(({ id, error }) => `${id} (${error.type})`).join(', ')}.`,
    );
  return successCount;
}

endWhenInterrupted('Kibana has all of the saved objects or none: import them again.');
try {
  const count = await importObjects();
  console.log(
    `Kibana at ${url} has the ${count} saved objects: ${url}/app/dashboards#/view/logs-todo-overview`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
