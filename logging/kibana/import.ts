/** `node logging/kibana/import.ts` gives Kibana the saved objects of this folder; see the README for its settings. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { endWhenInterrupted } from '@sightline/settings/interrupt.ts';
import { fileText, integer, optional, serverUrl, text } from '@sightline/settings/kinds.ts';
import { readSettings, type ValuesOf } from '@sightline/settings/setting.ts';
import { anyGrafana, anyJaeger } from './saved-objects.ts';

const settings = {
  KIBANA_URL: { ...serverUrl('http://127.0.0.1:5601'), unset: 'http://127.0.0.1:5601' },
  GRAFANA_URL: { ...serverUrl(anyGrafana), unset: anyGrafana },
  JAEGER_URL: { ...serverUrl(anyJaeger), unset: anyJaeger },
  KIBANA_API_KEY_FILE: optional(fileText),
  KIBANA_USERNAME: { ...text('the name of a user'), unset: 'elastic' },
  KIBANA_PASSWORD_FILE: optional(fileText),
  // How long Kibana may take to start.
  KIBANA_WAIT_SECONDS: { ...integer(0, 99_999), unset: '0' },
};

interface Imported {
  readonly success: boolean;
  readonly successCount: number;
  readonly errors?: readonly { readonly id: string; readonly error: { readonly type: string } }[];
}

type Settings = ValuesOf<typeof settings>;

function authorization({
  KIBANA_API_KEY_FILE: apiKey,
  KIBANA_USERNAME: username,
  KIBANA_PASSWORD_FILE: password,
}: Settings): Record<string, string> {
  if (apiKey !== undefined) return { authorization: `ApiKey ${apiKey}` };
  if (password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** Sends a request, again and again for as long as Kibana may still be starting. */
async function send(
  request: () => Request,
  { KIBANA_URL: url, KIBANA_WAIT_SECONDS: waitSeconds }: Settings,
): Promise<Response> {
  const end = performance.now() + waitSeconds * 1000;
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

function form({ GRAFANA_URL: grafanaUrl, JAEGER_URL: jaegerUrl }: Settings): FormData {
  const objects = readFileSync(new URL('saved-objects.ndjson', import.meta.url), 'utf8');
  const data = new FormData();
  const linked = objects.replaceAll(anyGrafana, grafanaUrl).replaceAll(anyJaeger, jaegerUrl);
  const file = new Blob([linked], { type: 'application/ndjson' });
  data.set('file', file, 'saved-objects.ndjson');
  return data;
}

async function importObjects(given: Settings): Promise<number> {
  const url = given.KIBANA_URL;
  // The ids are ours, so that a repeated import replaces what an earlier one made.
  const answer = await send(
    () =>
      new Request(`${url}/api/saved_objects/_import?overwrite=true`, {
        method: 'POST',
        headers: { 'kbn-xsrf': 'sightline', ...authorization(given) },
        body: form(given),
      }),
    given,
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
  const given = readSettings(settings, process.env);
  const count = await importObjects(given);
  console.log(
    `Kibana at ${given.KIBANA_URL} has the ${count} saved objects: ${given.KIBANA_URL}/app/dashboards#/view/logs-todo-overview`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
