/** The components that collect metrics and deliver alerts: group `metrics`. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { amtoolChecks } from '@sightline/monitoring/alertmanager/check.ts';
import { alertmanagerConfiguration, drillTiming } from '@sightline/monitoring/alertmanager/configuration.ts';
import { readAlertingSettings } from '@sightline/monitoring/alertmanager/settings.ts';
import { prometheusFlags } from '@sightline/monitoring/prometheus/configuration.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { programChecks, replaceChecked } from '@sightline/tools/checked-file.ts';
import { whyNoPostgresqlClient } from '@sightline/tools/postgresql-client.ts';
import type { ProgramName } from '@sightline/tools/table.ts';
import { tool, toolIfPresent, whyMissing } from '@sightline/tools/tools.ts';
import type { Component } from './component.ts';
import { prometheusConfigurationFolder, writeTarget } from './scrape-targets.ts';
import { portOf, type Settings } from './settings.ts';

const at = (settings: Settings, setting: string) => `127.0.0.1:${portOf(settings, setting)}`;
const urlOf = (setting: string) => (settings: Settings) => `http://${at(settings, setting)}`;
const prometheusUrl = urlOf('PROMETHEUS_PORT');
const alertmanagerUrl = urlOf('ALERTMANAGER_PORT');
const webhookUrl = urlOf('WEBHOOK_PORT');
const dataOf = (settings: Settings, name: string) => pathsIn(settings.stackDirectory).data(name);
const alertmanagerFolder = (settings: Settings) => join(dataOf(settings, 'alertmanager'), 'configuration');

/** The fields that components of this group share. */
const common = {
  kind: 'service',
  group: 'metrics',
  dependsOn: [],
  restartedBy: 'supervisor',
  startSeconds: 120,
  stopSignal: 'SIGTERM',
  stopSeconds: 30,
  essential: false,
} as const;

/** @param apiUrl the API's address, which the blackbox exporter probes */
export function metricsComponents(apiUrl: (settings: Settings) => string): Component[] {
  return [
    {
      ...common,
      name: 'webhook',
      summary: 'catches the alerts: GET /alerts; /watchdog is 503 when the heartbeat stays away',
      ports: [{ setting: 'WEBHOOK_PORT', default: 9095 }],
      address: webhookUrl,
      prepare: async (settings) => {
        mkdirSync(dataOf(settings, 'webhook'), { recursive: true });
        await writeTarget(settings, 'alert-webhook', at(settings, 'WEBHOOK_PORT'));
      },
      launch: (settings) => ({
        command: process.execPath,
        args: ['monitoring/webhook/main.ts'],
        env: {
          WEBHOOK_HOST: '127.0.0.1',
          WEBHOOK_PORT: String(portOf(settings, 'WEBHOOK_PORT')),
          WEBHOOK_FILE: join(dataOf(settings, 'webhook'), 'alerts.jsonl'),
        },
      }),
      ready: (settings) => ({ http: `${webhookUrl(settings)}/health` }),
    },
    {
      ...common,
      name: 'alertmanager',
      summary:
        'groups and routes alerts; ALERT_PAGE_TO, ALERT_TICKET_TO say to whom (monitoring/alertmanager)',
      ports: [{ setting: 'ALERTMANAGER_PORT', default: 9093 }],
      address: alertmanagerUrl,
      needs: () => whyMissing('alertmanager'),
      prepare: async (settings, signal, say) => {
        await tool('alertmanager', { signal, say });
        configureAlertmanager(settings);
        await writeTarget(settings, 'alertmanager', at(settings, 'ALERTMANAGER_PORT'));
      },
      launch: (settings) => ({
        command: built('alertmanager'),
        args: [
          `--config.file=${join(alertmanagerFolder(settings), 'alertmanager.yaml')}`,
          `--storage.path=${join(dataOf(settings, 'alertmanager'), 'storage')}`,
          `--web.listen-address=${at(settings, 'ALERTMANAGER_PORT')}`,
          `--web.external-url=${alertmanagerUrl(settings)}/`,
          // One of it: no gossip, and no port for it.
          '--cluster.listen-address=',
        ],
      }),
      ready: (settings) => ({ http: `${alertmanagerUrl(settings)}/-/ready` }),
    },
    {
      ...common,
      name: 'prometheus',
      summary: 'collects metrics and evaluates the alerts of alerts/generated',
      ports: [{ setting: 'PROMETHEUS_PORT', default: 9090 }],
      address: prometheusUrl,
      needs: () => whyMissing('prometheus'),
      prepare: async (settings, signal, say) => {
        await tool('prometheus', { signal, say });
        configurePrometheus(settings);
        await writeTarget(settings, 'prometheus', at(settings, 'PROMETHEUS_PORT'));
      },
      launch: (settings) => ({
        command: built('prometheus'),
        args: [
          ...prometheusFlags,
          `--config.file=${join(prometheusConfigurationFolder(settings), 'prometheus.yaml')}`,
          `--storage.tsdb.path=${join(dataOf(settings, 'prometheus'), 'tsdb')}`,
          `--web.listen-address=${at(settings, 'PROMETHEUS_PORT')}`,
          `--web.external-url=${prometheusUrl(settings)}/`,
        ],
      }),
      ready: (settings) => ({ http: `${prometheusUrl(settings)}/-/ready` }),
    },
    {
      ...common,
      name: 'node-exporter',
      summary: 'metrics of this machine: disk, memory, CPU',
      ports: [{ setting: 'NODE_EXPORTER_PORT', default: 9100 }],
      needs: () => whyMissing('node_exporter'),
      prepare: async (settings, signal, say) => {
        await tool('node_exporter', { signal, say });
        await writeTarget(settings, 'node', at(settings, 'NODE_EXPORTER_PORT'));
      },
      launch: (settings) => ({
        command: built('node_exporter'),
        args: [`--web.listen-address=${at(settings, 'NODE_EXPORTER_PORT')}`],
      }),
      ready: (settings) => ({ http: `http://${at(settings, 'NODE_EXPORTER_PORT')}/` }),
    },
    {
      ...common,
      name: 'blackbox-exporter',
      summary: 'probes the API from outside, for Prometheus',
      ports: [{ setting: 'BLACKBOX_PORT', default: 9115 }],
      needs: whyNoBlackboxExporter,
      prepare: (settings) =>
        writeTarget(settings, 'blackbox', `${apiUrl(settings)}/health/ready`, {
          __exporter: at(settings, 'BLACKBOX_PORT'),
        }),
      launch: (settings) => ({
        command: blackboxExporter() ?? 'blackbox_exporter',
        args: [
          '--config.file=monitoring/prometheus/blackbox.yaml',
          `--web.listen-address=${at(settings, 'BLACKBOX_PORT')}`,
        ],
      }),
      ready: (settings) => ({ http: `http://${at(settings, 'BLACKBOX_PORT')}/-/healthy` }),
    },
  ];
}

/** Where to look at metrics and alerts, for the end of `make up`. */
export function metricsToTry(settings: Settings, names: ReadonlySet<string>): string {
  const lines = [
    { component: 'prometheus', text: `Prometheus    ${prometheusUrl(settings)}/api/v1/query?query=up` },
    { component: 'alertmanager', text: `Alertmanager  ${alertmanagerUrl(settings)}/` },
    { component: 'webhook', text: `Alerts        ${webhookUrl(settings)}/alerts` },
  ];
  const shown = lines.filter(({ component }) => names.has(component)).map(({ text }) => `${text}\n`);
  return shown.length > 0 ? `\n${shown.join('')}` : '';
}

/** The program that `prepare` has built: nothing removes it in between. */
function built(program: ProgramName): string {
  return toolIfPresent(program) ?? program;
}

function configurePrometheus(settings: Settings): void {
  const folder = prometheusConfigurationFolder(settings);
  mkdirSync(folder, { recursive: true });
  const windows = alertWindows();
  const usual = readFileSync(join(checkout, 'monitoring/prometheus/generated/native.yaml'), 'utf8');
  // A drill brings the rules of backups itself: there they would want one every minute.
  const withBackups = windows === 'real' && whyNoPostgresqlClient() === undefined;
  const rules = ['sightline.rules.yaml', ...(withBackups ? ['backup.rules.yaml'] : [])].map((file) =>
    join(checkout, 'alerts/generated', windows === 'drill' ? 'drill' : '', file),
  );
  const path = join(folder, 'prometheus.yaml');
  promtoolChecks('rules', rules, join(folder, 'rules'));
  replaceChecked(path, windows === 'drill' ? everySecond(usual) : usual, (candidate) =>
    promtoolChecks('config', ['--syntax-only', candidate], path),
  );
  linkRules(join(folder, 'rules'), rules);
}

/** Links, so that a reload sees what `make generate` wrote. */
function linkRules(folder: string, rules: readonly string[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const rule of rules) symlinkSync(rule, join(folder, basename(rule)));
}

/** Has promtool look at what is to become `path`, where there is a promtool. Throws with what it said. */
function promtoolChecks(what: 'config' | 'rules', args: readonly string[], path: string): void {
  const promtool = toolIfPresent('promtool');
  if (promtool !== undefined) programChecks(promtool, ['check', what, ...args], path);
}

/** ALERT_WINDOWS: `real`, or `drill` for rules that fire, and notifications that are sent, within seconds. */
function alertWindows(): 'real' | 'drill' {
  const { ALERT_WINDOWS: given = '' } = process.env;
  if (given === '' || given === 'real') return 'real';
  if (given === 'drill') return 'drill';
  throw new Error(`ALERT_WINDOWS is "${given}"; it takes real or drill.`);
}

/** The windows of the drills hold a scrape and an evaluation a second. */
const everySecond = (configuration: string) =>
  configuration.replace(/^( *(?:scrape_interval|scrape_timeout|evaluation_interval)): \d+s$/gm, '$1: 1s');

function configureAlertmanager(settings: Settings): void {
  const folder = alertmanagerFolder(settings);
  mkdirSync(folder, { recursive: true });
  cpSync(join(checkout, 'monitoring/alertmanager/templates'), join(folder, 'templates'), { recursive: true });
  const alerting = readAlertingSettings({
    ALERT_WEBHOOK_URL: webhookUrl(settings),
    // Whoever tries a stack wants to see its tickets at once; what the environment says is stronger.
    ALERT_WORKING_HOURS: 'always',
    ...process.env,
  });
  const timing = alertWindows() === 'drill' ? drillTiming : undefined;
  // JSON is YAML too.
  const path = join(folder, 'alertmanager.yaml');
  replaceChecked(
    path,
    `${JSON.stringify(alertmanagerConfiguration(alerting, timing), null, 2)}\n`,
    amtoolChecks(path),
  );
}

/** Advice on installing the blackbox exporter where there is none; undefined where there is one. */
export function whyNoBlackboxExporter(): string | undefined {
  if (blackboxExporter() !== undefined) return undefined;
  return (
    'blackbox_exporter is not on the PATH. Install it (Debian: prometheus-blackbox-exporter). Without it nobody ' +
    'notices an outage while there is no traffic.'
  );
}

/** The program under its own name or Debian's. */
function blackboxExporter(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return ['blackbox_exporter', 'prometheus-blackbox-exporter']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}
