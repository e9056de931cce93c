import { type Environment, type Job, jobs, probes, scrapeIntervalSeconds } from './jobs.ts';

/** Flags of Prometheus in every environment, beside those that say where it listens and where its files are. */
export const prometheusFlags: readonly string[] = [
  '--enable-feature=exemplar-storage',
  // k6 sends its metrics by remote write.
  '--web.enable-remote-write-receiver',
  // An origin that no page has: by default pages of all of them may read every series.
  '--web.cors.origin=none',
];

/** Where the rules and the targets are: natively beside the configuration file, in containers where they are mounted. */
const folder: Readonly<Record<Environment, string>> = {
  native: '.',
  compose: '/etc/prometheus',
  kubernetes: '/etc/prometheus',
};

/** The configuration of Prometheus in an environment, as its YAML is. */
export function prometheusConfiguration(environment: Environment): object {
  const seconds = scrapeIntervalSeconds[environment];
  return {
    global: {
      scrape_interval: `${seconds}s`,
      scrape_timeout: `${Math.min(seconds, 10)}s`,
      evaluation_interval: `${seconds}s`,
    },
    storage: {
      // The error budget is over 30 days. Where the size is reached first, the oldest go.
      tsdb: { retention: { time: '35d', size: '4GB' } },
      exemplars: { max_exemplars: 100_000 },
    },
    rule_files: [`${folder[environment]}/rules/*.rules.yaml`],
    alerting: { alertmanagers: [targetsOf(alertmanager, environment)] },
    scrape_configs: [
      ...jobs
        .filter((job) => (environment === 'native' ? job.native !== false : job[environment] !== undefined))
        .map((job) => ({
          job_name: job.name,
          ...(job.honorLabels && { honor_labels: true }),
          ...targetsOf(job, environment),
        })),
      probeConfiguration(environment),
    ],
  };
}

const alertmanager = named('alertmanager');

function named(name: string): Job {
  const job = jobs.find((candidate) => candidate.name === name);
  if (job === undefined) throw new Error(`The table of jobs has no "${name}".`);
  return job;
}

function targetsOf(job: Job, environment: Environment): object {
  if (environment === 'compose' && job.compose !== undefined) {
    const { host, port } = job.compose;
    return { dns_sd_configs: [{ names: [host], type: 'A', port }] };
  }
  if (environment === 'kubernetes' && job.kubernetes !== undefined) return podsOf(job.kubernetes);
  return { file_sd_configs: [targetFile(job.name)] };
}

/** Read again at each change, and without notifications by the system at least this often. */
function targetFile(name: string): object {
  return { files: [`${folder.native}/targets/${name}.json`], refresh_interval: '5s' };
}

function podsOf({ app, port }: { app: string; port: string }): object {
  return {
    kubernetes_sd_configs: [
      { role: 'pod', selectors: [{ role: 'pod', label: `app.kubernetes.io/name=${app}` }] },
    ],
    relabel_configs: [
      { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: port, action: 'keep' },
      // A pod that has ended (a Job's, an evicted one) is no target that is down.
      { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Succeeded|Failed', action: 'drop' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { source_labels: ['__meta_kubernetes_pod_node_name'], target_label: 'node' },
    ],
  };
}

function probeConfiguration(environment: Environment): object {
  const exporter =
    environment === 'native'
      ? { source_labels: ['__exporter'], target_label: '__address__' }
      : { target_label: '__address__', replacement: probes[environment].exporter };
  return {
    job_name: 'blackbox',
    metrics_path: '/probe',
    params: { module: ['http_2xx'] },
    ...(environment === 'native'
      ? { file_sd_configs: [targetFile('blackbox')] }
      : { static_configs: [{ targets: [...probes[environment].targets] }] }),
    relabel_configs: [
      { source_labels: ['__address__'], target_label: '__param_target' },
      { source_labels: ['__param_target'], target_label: 'instance' },
      exporter,
    ],
  };
}
