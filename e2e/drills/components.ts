/**
 * The stack that drills break: the native one on the drill rules, with a proxy in front of what can be cut or slowed
 * down, an API that obeys the fault switch, and a Prometheus and an Alertmanager that forget everything at each start.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { type Component, type ComponentTable, named } from '@sightline/stack/native/component.ts';
import { table as native } from '@sightline/stack/native/components.ts';
import { writeTarget } from '@sightline/stack/native/scrape-targets.ts';
import { portOf, type Settings } from '@sightline/stack/native/settings.ts';
import { tool, toolIfPresent, whyMissing } from '@sightline/tools/tools.ts';
import { authorityOf, issueCertificate, whyNoCertificates } from './certificate.ts';
import { writeHistory } from './history.ts';
import { limitedTo, memoryLimitFile } from './memory-limit.ts';
import { seeingMounts, smallDisk } from './small-disk.ts';
import { type ProxyName, proxies } from './toxiproxy.ts';

const dataOf = (settings: Settings, name: string) => pathsIn(settings.stackDirectory).data(name);

/** The stack as those see it who reach a port through its proxy. */
const through = (settings: Settings, proxy: ProxyName): Settings => {
  const { setting, upstream } = proxies[proxy];
  return { ...settings, ports: { ...settings.ports, [upstream]: portOf(settings, setting) } };
};

/** Size of the API's heap, in MiB: small enough to be filled within seconds. */
export const heapMiB = 256;

const service = {
  kind: 'service',
  group: 'faults',
  dependsOn: [],
  restartedBy: 'supervisor',
  startSeconds: 120,
  stopSignal: 'SIGTERM',
  stopSeconds: 10,
  essential: true,
} as const;

const toxiproxy: Component = {
  ...service,
  name: 'toxiproxy',
  summary: 'cuts and slows down connections',
  ports: [
    { setting: 'TOXIPROXY_PORT', default: 8474 },
    ...Object.values(proxies).map(({ setting, port }) => ({ setting, default: port })),
  ],
  needs: () => whyMissing('toxiproxy-server'),
  async prepare(settings, signal, say) {
    await tool('toxiproxy-server', { signal, say });
    mkdirSync(dataOf(settings, 'toxiproxy'), { recursive: true });
    writeFileSync(
      join(dataOf(settings, 'toxiproxy'), 'proxies.json'),
      JSON.stringify(
        Object.entries(proxies).map(([name, { setting, upstream }]) => ({
          name,
          listen: `127.0.0.1:${portOf(settings, setting)}`,
          upstream: `127.0.0.1:${portOf(settings, upstream)}`,
          enabled: true,
        })),
      ),
    );
  },
  launch: (settings) => ({
    command: toolIfPresent('toxiproxy-server') ?? 'toxiproxy-server',
    args: [
      ...['-host', '127.0.0.1', '-port', String(portOf(settings, 'TOXIPROXY_PORT'))],
      ...['-config', join(dataOf(settings, 'toxiproxy'), 'proxies.json')],
    ],
  }),
  ready: (settings) => ({ http: `http://127.0.0.1:${portOf(settings, 'TOXIPROXY_PORT')}/version` }),
};

const traceCollector: Component = {
  ...service,
  name: 'trace-collector',
  summary: 'takes spans and forgets them',
  ports: [{ setting: 'COLLECTOR_PORT', default: 4318 }],
  launch: (settings) => ({
    command: process.execPath,
    args: ['e2e/drills/fixtures/trace-collector.ts', String(portOf(settings, 'COLLECTOR_PORT'))],
  }),
  ready: (settings) => ({ tcp: portOf(settings, 'COLLECTOR_PORT') }),
};

/** Days that a certificate of the TLS endpoint is valid when nothing is wrong. */
export const usualDays = 90;
export const certificateFolder = (settings: Settings) => dataOf(settings, 'tls-endpoint');
const tlsEndpoint: Component = {
  ...service,
  name: 'tls-endpoint',
  summary: 'answers over TLS, for the probe of a certificate',
  ports: [{ setting: 'TLS_PORT', default: 8443 }],
  needs: whyNoCertificates,
  prepare: (settings) => {
    const folder = certificateFolder(settings);
    mkdirSync(folder, { recursive: true });
    // What is there, a drill has put there.
    if (!existsSync(authorityOf(folder))) issueCertificate(folder, usualDays);
    return Promise.resolve();
  },
  launch: (settings) => ({
    command: process.execPath,
    args: [
      'e2e/drills/fixtures/tls-endpoint.ts',
      certificateFolder(settings),
      String(portOf(settings, 'TLS_PORT')),
    ],
  }),
  ready: (settings) => ({ tcp: portOf(settings, 'TLS_PORT') }),
};

/** Changes of the native stack's components for drills, by component. */
const changes: Readonly<Record<string, (component: Component) => Component>> = {
  api: (component) => ({
    ...component,
    dependsOn: [...component.dependsOn, 'toxiproxy', 'trace-collector'],
    launch(settings) {
      const { command, args, env, ...rest } = component.launch(through(settings, 'postgresql'));
      return limitedTo(memoryLimitFile(settings), {
        ...rest,
        command,
        args: [`--max-old-space-size=${heapMiB}`, ...args],
        env: {
          ...env,
          FAULT_INJECTION: 'on',
          MAINTENANCE_INTERVAL_MS: '2000',
          DATABASE_PROBE_INTERVAL_MS: '1000',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${portOf(settings, 'COLLECTOR_PORT')}`,
          OTEL_BSP_SCHEDULE_DELAY: '500',
          OTEL_TRACES_SAMPLER_ARG: '0.1',
        },
      });
    },
  }),
  webhook: (component) => ({
    ...component,
    launch(settings) {
      const launch = component.launch(settings);
      return { ...launch, env: { ...launch.env, WATCHDOG_SILENCE_SECONDS: '15' } };
    },
  }),
  alertmanager: (component) => ({
    ...component,
    async prepare(settings, signal, say) {
      rmSync(dataOf(settings, 'alertmanager'), { recursive: true, force: true });
      await component.prepare?.(settings, signal, say);
      await writeTarget(
        settings,
        'alertmanager',
        `127.0.0.1:${portOf(settings, proxies.alertmanager.setting)}`,
      );
    },
  }),
  prometheus: (component) => ({
    ...component,
    async prepare(settings, signal, say) {
      rmSync(join(dataOf(settings, 'prometheus'), 'tsdb'), { recursive: true, force: true });
      await component.prepare?.(settings, signal, say);
      await writeHistory(settings, signal);
    },
    launch(settings) {
      const launch = component.launch(settings);
      // Targets are found and alerts sent as often as rules are evaluated.
      const often = ['--scrape.discovery-reload-interval=1s', '--rules.alert.resend-delay=1s'];
      return { ...launch, args: [...launch.args, ...often] };
    },
  }),
  'node-exporter': (component) => ({
    ...component,
    // `unshare` passes no other signal on, and node_exporter has nothing to put away.
    stopSignal: 'SIGKILL',
    launch(settings) {
      const launch = component.launch(settings);
      // The disks of the machine may be as full as they are.
      const only = `--collector.filesystem.mount-points-include=^${smallDisk(settings)}$`;
      return seeingMounts({ ...launch, args: [...launch.args, only] });
    },
  }),
  'blackbox-exporter': (component) => ({
    ...component,
    dependsOn: [...component.dependsOn, 'tls-endpoint'],
    async prepare(settings, signal, say) {
      await component.prepare?.(settings, signal, say);
      const exporter = { __exporter: `127.0.0.1:${portOf(settings, 'BLACKBOX_PORT')}` };
      const probed = [
        `http://127.0.0.1:${portOf(settings, 'API_PORT')}/health/ready`,
        `https://127.0.0.1:${portOf(settings, 'TLS_PORT')}/`,
      ];
      await writeTarget(settings, 'blackbox', probed, exporter);
    },
    launch(settings) {
      const launch = component.launch(settings);
      return { ...launch, env: { ...launch.env, SSL_CERT_FILE: authorityOf(certificateFolder(settings)) } };
    },
  }),
  'backup-exporter': (component) => ({
    ...component,
    launch(settings) {
      const launch = component.launch(settings);
      return { ...launch, env: { ...launch.env, EXPORTER_INTERVAL_MS: '500' } };
    },
  }),
  'log-shipper': (component) => ({
    ...component,
    dependsOn: [...component.dependsOn, 'toxiproxy'],
    launch: (settings) => component.launch(through(settings, 'elasticsearch')),
  }),
};

// A component that has another name by now is a mistake here.
for (const name of Object.keys(changes)) named(native.components, name);

export const table: ComponentTable = {
  ...(native.beforeStart && { beforeStart: native.beforeStart }),
  components: [
    toxiproxy,
    traceCollector,
    tlsEndpoint,
    ...native.components.map((component) => changes[component.name]?.(component) ?? component),
  ],
};

/** The environment that the stack of the drills runs in. */
export const drillEnvironment = (ports: Readonly<Record<string, number>>): Record<string, string> => ({
  ALERT_WINDOWS: 'drill',
  STACK_TABLE: fileURLToPath(import.meta.url),
  ALERT_WATCHDOG_URL: `http://127.0.0.1:${ports[proxies.heartbeat.setting]}/`,
});
