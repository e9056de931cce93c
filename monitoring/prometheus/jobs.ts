/** The scrape jobs of Prometheus: one table for the native stack, for compose and for Kubernetes. */

/** Where a stack runs. Natively each component of the stack writes a file of targets when it starts. */
export const environments = ['native', 'compose', 'kubernetes'] as const;
export type Environment = (typeof environments)[number];

/** Seconds between two scrapes. The `timeInterval` of the environment's Grafana data source equals it. */
export const scrapeIntervalSeconds: Readonly<Record<Environment, number>> = {
  native: 5,
  compose: 5,
  kubernetes: 15,
};

export interface Job {
  /** The `job` label. Its native targets are in `targets/<name>.json`. */
  name: string;
  /** The service's name in compose's DNS, and its port. Not given: compose doesn't run it. */
  compose?: { host: string; port: number };
  /** Pods with this `app.kubernetes.io/name`, at the container port of this name. Not given: no such pods. */
  kubernetes?: { app: string; port: string };
  /** Not given: natively too, as soon as there is a file of targets. */
  native?: false;
  /** Its samples bear the labels of what they are about, which take precedence over its own as a target. */
  honorLabels?: true;
}

export const jobs: readonly Job[] = [
  {
    name: 'todo-api',
    compose: { host: 'api', port: 9464 },
    kubernetes: { app: 'todo-api', port: 'management' },
  },
  {
    name: 'prometheus',
    compose: { host: 'prometheus', port: 9090 },
    kubernetes: { app: 'prometheus', port: 'web' },
  },
  {
    name: 'alertmanager',
    compose: { host: 'alertmanager', port: 9093 },
    kubernetes: { app: 'alertmanager', port: 'web' },
  },
  { name: 'alert-webhook', compose: { host: 'webhook', port: 9095 } },
  // In containers Filebeat takes its place.
  { name: 'log-shipper' },
  {
    name: 'node',
    compose: { host: 'node-exporter', port: 9100 },
    kubernetes: { app: 'node-exporter', port: 'metrics' },
  },
  {
    name: 'postgres',
    compose: { host: 'postgres-exporter', port: 9187 },
    kubernetes: { app: 'postgres-exporter', port: 'metrics' },
  },
  {
    name: 'backup',
    compose: { host: 'backup-exporter', port: 9466 },
    kubernetes: { app: 'backup', port: 'metrics' },
  },
  {
    name: 'elasticsearch',
    compose: { host: 'elasticsearch-exporter', port: 9114 },
    kubernetes: { app: 'elasticsearch-exporter', port: 'metrics' },
  },
  {
    name: 'kube-state-metrics',
    kubernetes: { app: 'kube-state-metrics', port: 'http-metrics' },
    native: false,
    honorLabels: true,
  },
];

/**
 * Probes from outside by the blackbox exporter, job `blackbox`: `instance` is the address that was probed. Natively the
 * targets' file names the exporter in the label `__exporter`.
 */
export const probes: Readonly<
  Record<Exclude<Environment, 'native'>, { exporter: string; targets: readonly string[] }>
> = {
  compose: { exporter: 'blackbox-exporter:9115', targets: ['http://proxy:3000/health/ready'] },
  kubernetes: { exporter: 'blackbox-exporter:9115', targets: ['http://todo-api.todo-api.svc/health/ready'] },
};
