/** The component that shows dashboards, alerts and logs where there is no Grafana and no Kibana. */
import { scrapeIntervalSeconds } from '@sightline/monitoring/prometheus/jobs.ts';
import type { Component } from './component.ts';
import { portOf, type Settings } from './settings.ts';

const at = (settings: Settings, setting: string) => `http://127.0.0.1:${portOf(settings, setting)}`;
const pageUrl = (settings: Settings) => at(settings, 'PAGE_PORT');

export const pageComponent: Component = {
  name: 'page',
  kind: 'service',
  group: 'metrics',
  summary: 'a preview of what Grafana and Kibana show: dashboards, /alerts, /logs',
  // It starts without those that it reads, and says on its pages which of them is away.
  dependsOn: [],
  ports: [{ setting: 'PAGE_PORT', default: 3001 }],
  address: pageUrl,
  launch: (settings) => ({
    command: process.execPath,
    args: ['preview/server/main.ts'],
    env: {
      PAGE_PORT: String(portOf(settings, 'PAGE_PORT')),
      PROMETHEUS_URL: at(settings, 'PROMETHEUS_PORT'),
      ALERTMANAGER_URL: at(settings, 'ALERTMANAGER_PORT'),
      ELASTICSEARCH_URL: at(settings, 'ELASTICSEARCH_PORT'),
      SCRAPE_INTERVAL_SECONDS: String(scrapeIntervalSeconds.native),
    },
  }),
  ready: (settings) => ({ http: `${pageUrl(settings)}/health` }),
  restartedBy: 'supervisor',
  startSeconds: 120,
  stopSignal: 'SIGTERM',
  stopSeconds: 10,
  essential: false,
};

/** A line on where to look, once it runs. */
export function pageToTry(settings: Settings, names: ReadonlySet<string>): string {
  return names.has('page')
    ? `\nDashboards    ${pageUrl(settings)}/d/golden-signals   (a preview of Grafana's; alerts: /alerts, logs: /logs)\n`
    : '';
}
