import { relative } from 'node:path';
import { replaceFile } from '@sightline/servers/atomic-file.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import type { Settings } from './settings.ts';

const email = 'demo@sightline.example';

/**
 * Logs the demo user in, keeps a fresh token in `demo.json` (owner only) and returns the text that `make up` ends
 * with. Throws when the API refuses the log-in.
 */
export async function whatToTry(
  settings: Settings,
  names: ReadonlySet<string>,
  { apiUrl, metricsUrl }: { apiUrl: string; metricsUrl: string },
  password: () => string,
): Promise<string> {
  if (!names.has('api')) return '';
  if (!names.has('seed')) return `Try:    curl -s ${apiUrl}/health/ready\n`;
  const token = await logIn(apiUrl, password());
  const demo = { email, password: password(), access_token: token, api_url: apiUrl, metrics_url: metricsUrl };
  const file = pathsIn(settings.stackDirectory).demo;
  replaceFile(file, `${JSON.stringify(demo, null, 2)}\n`);
  const shown = quote(file.startsWith(`${checkout}/`) ? relative(checkout, file) : file);
  return [
    `Demo user  ${email}`,
    `Password   ${demo.password}`,
    `Token      ${token}   (15 minutes; \`make up\` makes a fresh one; all of this is in ${shown})`,
    '',
    'Try:',
    `    TOKEN=$(sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p' ${shown})`,
    `    curl -s -H "Authorization: Bearer $TOKEN" '${apiUrl}/v1/todos?limit=3'`,
    '',
  ].join('\n');
}

async function logIn(apiUrl: string, password: string): Promise<string> {
  const response = await fetch(`${apiUrl}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
    signal: AbortSignal.timeout(10_000),
  });
  const body = (await response.json()) as { access_token?: string; detail?: string };
  if (body.access_token === undefined) {
    throw new Error(
      `The demo user ${email} can't log in: ${response.status} ${body.detail ?? ''}; see \`make logs C=api\`.`,
    );
  }
  return body.access_token;
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
