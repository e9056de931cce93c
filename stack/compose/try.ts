/** Suggestions for the user of a stack in Docker to try next. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortPath } from '@sightline/settings/checkout.ts';
import { whatToTry as tryDemo } from '../native/demo.ts';
import { mountedSecrets } from './secrets.ts';
import type { ComposeSettings } from './settings.ts';

/** Pages, by the service that serves each. */
const pages: readonly { service: string; setting: string; name: string; path: string }[] = [
  { service: 'grafana', setting: 'GRAFANA_PORT', name: 'Dashboards', path: '/' },
  { service: 'kibana', setting: 'KIBANA_PORT', name: 'Log search', path: '/' },
  { service: 'jaeger', setting: 'JAEGER_PORT', name: 'Traces', path: '/' },
  { service: 'prometheus', setting: 'PROMETHEUS_PORT', name: 'Prometheus', path: '/' },
  { service: 'alertmanager', setting: 'ALERTMANAGER_PORT', name: 'Alertmanager', path: '/' },
  { service: 'webhook', setting: 'WEBHOOK_PORT', name: 'Alerts', path: '/alerts' },
];

/** The user of each page's log-in, its purpose, and which file has the password. */
const logIns: Readonly<Record<string, { who: string; file: string }>> = {
  // Grafana's Explore, where its links to log lines lead, is for those who are logged in.
  Dashboards: { who: 'to follow a link into Explore, log in as admin', file: 'grafana/admin-password' },
  'Log search': { who: 'log in as elastic', file: 'elasticsearch/elastic-password' },
};

function logInOf(name: string, secrets: string): string {
  const logIn = logIns[name];
  if (logIn === undefined) return '';
  return `${' '.repeat(14)}${logIn.who}; the password is in ${shortPath(join(secrets, logIn.file))}\n`;
}

/** Logs the demo user in, and returns the text that `make up` ends with. @throws Error when the API refuses that */
export async function whatToTry(settings: ComposeSettings, services: readonly string[]): Promise<string> {
  const { stackDirectory, ports } = settings;
  const secrets = mountedSecrets(stackDirectory);
  const demo = services.includes('proxy')
    ? await tryDemo(
        { stackDirectory, ports },
        new Set(['api', ...(services.includes('seed') ? ['seed'] : [])]),
        {
          apiUrl: `http://127.0.0.1:${ports['API_PORT']}`,
          metricsUrl: `http://127.0.0.1:${ports['MANAGEMENT_PORT']}/metrics`,
        },
        () => readFileSync(join(secrets, 'todo-api-demo/password'), 'utf8').trim(),
      )
    : '';
  const lines = pages
    .filter(({ service }) => services.includes(service))
    .map(({ name, setting, path }) => `${name.padEnd(14)}http://127.0.0.1:${ports[setting]}${path}\n`);
  const shown = lines.map((line) => line + logInOf(line.trimEnd().split(/ {2,}/)[0] ?? '', secrets));
  const search = services.includes('elasticsearch')
    ? "Logs          make search Q='event.action:request' SINCE=15m\n"
    : '';
  return `${demo}\n${shown.join('')}${search}`;
}
