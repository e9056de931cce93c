/** Rules that the monitoring finds the service, and is as the rest of the repository says. */
import { prometheusFlags } from '@sightline/monitoring/prometheus/configuration.ts';
import { jobs, probes } from '@sightline/monitoring/prometheus/jobs.ts';
import {
  containersOf,
  hasPort,
  type KubernetesObject,
  nameOf,
  ofKind,
  podOf,
  selected,
  selects,
  services,
  type Workload,
} from '../objects.ts';
import { mayReach } from './network.ts';
import type { Rule } from './rule.ts';

const nameLabel = 'app.kubernetes.io/name';

const named = (objects: readonly KubernetesObject[], app: string): readonly Workload[] =>
  services(objects).filter((workload) => podOf(workload).metadata.labels?.[nameLabel] === app);

/** Prometheus, where an overlay brings its own. */
const ownPrometheus = (objects: readonly KubernetesObject[]) => named(objects, 'prometheus')[0];

/**
 * The targets that Prometheus is to reach: each job's pods at its port, the blackbox exporter, and itself for
 * Grafana.
 */
const targets = jobs.flatMap(({ name, kubernetes }) =>
  kubernetes === undefined ? [] : [{ job: name, ...kubernetes }],
);

/** Whether a Service answers at an address such as `http://todo-api.todo-api.svc/health/ready`. */
function isService(objects: readonly KubernetesObject[], address: string, own = 'todo-api'): boolean {
  const { hostname, port } = new URL(address);
  const [name, namespace = own] = hostname.split('.');
  return ofKind(objects, 'Service').some(
    ({ metadata, spec }) =>
      metadata.name === name &&
      metadata.namespace === namespace &&
      spec.ports.some((each) => each.port === Number(port || 80)),
  );
}

const prometheus = { of: 'local', kind: 'StatefulSet', name: 'prometheus' } as const;
const monitor = { of: 'production', kind: 'PodMonitor', name: 'todo-api' } as const;

export const monitoringRules: readonly Rule[] = [
  {
    name: 'Prometheus finds pods of each of its jobs, at a port of that name, and may reach them',
    check: (objects) => {
      const from = ownPrometheus(objects);
      if (from === undefined) return [];
      return targets.flatMap(({ job, app, port }) => {
        const pods = named(objects, app);
        if (pods.length === 0) return [`The job ${job} looks for pods of ${app}, and there are none`];
        return pods.flatMap((to) => {
          if (!hasPort(to, port)) return [`${nameOf(to)} has no port ${port}, where the job ${job} looks`];
          return mayReach(objects, from, to, port)
            ? []
            : [`Prometheus may not reach ${nameOf(to)} at ${port}`];
        });
      });
    },
    bad: [
      { of: 'local', kind: 'Deployment', name: 'postgres-exporter', says: 'a job without pods', path: '' },
      {
        of: 'local',
        kind: 'Deployment',
        name: 'todo-api',
        says: 'a port of another name',
        path: '/spec/template/spec/containers/0/ports/management/name',
        value: 'metrics',
      },
      {
        of: 'local',
        kind: 'NetworkPolicy',
        name: 'todo-api-from-prometheus',
        says: 'a target behind a wall',
        path: '',
      },
    ],
  },
  {
    name: 'what is probed, and what probes, is a Service',
    check: (objects) => {
      const own =
        ownPrometheus(objects) === undefined
          ? []
          : [`http://${probes.kubernetes.exporter}`, ...probes.kubernetes.targets];
      const operators = ofKind(objects, 'Probe').flatMap(({ spec }) => spec.targets.staticConfig.static);
      return [...own, ...operators]
        .filter((address) => !isService(objects, address))
        .map((address) => `No Service answers at ${address}`);
    },
    bad: [
      {
        of: 'local',
        kind: 'Service',
        name: 'todo-api',
        says: 'a Service at another port',
        path: '/spec/ports/0/port',
        value: 8080,
      },
      { of: 'local', kind: 'Service', name: 'blackbox-exporter', says: 'no exporter', path: '' },
      {
        of: 'production',
        kind: 'Service',
        name: 'todo-api',
        says: "a Service that the operator's probe misses",
        path: '/metadata/name',
        value: 'api',
      },
    ],
  },
  {
    name: 'Prometheus has the flags that it has everywhere',
    check: (objects) => {
      const workload = ownPrometheus(objects);
      if (workload === undefined) return [];
      const given = containersOf(workload).flatMap(({ args = [] }) => args);
      return prometheusFlags
        .filter((flag) => !given.includes(flag))
        .map((flag) => `${nameOf(workload)} lacks ${flag}`);
    },
    bad: [{ ...prometheus, says: 'a missing flag', path: '/spec/template/spec/containers/0/args/2' }],
  },
  {
    name: 'a monitor of the operator selects pods with that port, under the job that the alerts ask for',
    check: (objects) =>
      ofKind(objects, 'PodMonitor').flatMap((each) => {
        const { jobLabel = '', selector, podMetricsEndpoints } = each.spec;
        const pods = selected(objects, each.metadata.namespace, selector);
        const jobNames = pods.map((workload) => podOf(workload).metadata.labels?.[jobLabel]);
        return [
          ...(pods.length === 0 ? [`${nameOf(each)} selects nobody`] : []),
          ...jobNames
            .filter((job) => !jobs.some(({ name }) => name === job))
            .map((job) => `${nameOf(each)} makes the job ${job}, which no alert asks for`),
          ...podMetricsEndpoints
            .filter(({ port }) => pods.some((workload) => !hasPort(workload, port)))
            .map(({ port }) => `${nameOf(each)} asks the port ${port}, which its pods have not`),
        ];
      }),
    bad: [
      {
        ...monitor,
        says: 'a monitor of nobody',
        path: '/spec/selector/matchLabels/app.kubernetes.io~1name',
        value: 'api',
      },
      { ...monitor, says: 'a job of another name', path: '/spec/jobLabel' },
      { ...monitor, says: 'an unknown port', path: '/spec/podMetricsEndpoints/0/port', value: 'metrics' },
    ],
  },
  {
    name: 'Grafana has every dashboard',
    check: (objects) => {
      const [grafana] = named(objects, 'grafana');
      if (grafana === undefined) return [];
      const mounted = podOf(grafana).spec.volumes?.flatMap(
        ({ projected }) => projected?.sources.flatMap(({ configMap }) => configMap?.name ?? []) ?? [],
      );
      return objects
        .filter(
          ({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels?.['grafana_dashboard'] === '1',
        )
        .filter(({ metadata }) => !mounted?.includes(metadata.name))
        .map((dashboard) => `${nameOf(grafana)} does not mount ${nameOf(dashboard)}`);
    },
    bad: [
      {
        of: 'local',
        kind: 'Deployment',
        name: 'grafana',
        says: 'a missing dashboard',
        path: '/spec/template/spec/volumes/dashboards/projected/sources/0',
      },
    ],
  },
  {
    name: 'a data source of Grafana is shipped only with what it points at',
    check: (objects) =>
      objects
        .filter(({ metadata }) => metadata.labels?.['grafana_datasource'] !== undefined)
        .flatMap((object) =>
          Object.values(object.data ?? {})
            .flatMap((text) => [...text.matchAll(/^ {4}url: (\S+)$/gm)].map(([, url = '']) => url))
            .filter((url) => !isService(objects, url))
            .map((url) => `${nameOf(object)} points at ${url}, where no Service answers`),
        ),
    bad: [{ of: 'local', kind: 'Service', name: 'prometheus', says: 'a data source of nothing', path: '' }],
  },
  {
    name: 'the logs of our pods are read: they ask for it',
    check: (objects) =>
      services(objects)
        .filter((workload) =>
          selects({ matchLabels: { [nameLabel]: 'todo-api' } }, podOf(workload).metadata.labels),
        )
        .filter((workload) => podOf(workload).metadata.annotations?.['co.elastic.logs/enabled'] !== 'true')
        .map((workload) => `${nameOf(workload)} does not ask Filebeat to read its logs`),
    bad: [
      {
        of: 'production',
        kind: 'Deployment',
        name: 'todo-api',
        says: 'logs that nobody reads',
        path: '/spec/template/metadata/annotations/co.elastic.logs~1enabled',
      },
    ],
  },
];
