/** Rules that keep the service up while pods come and go, and that what it takes is there. */
import {
  containersOf,
  environmentOf,
  type KubernetesObject,
  nameOf,
  type ObjectOf,
  ofKind,
  podOf,
  quantity,
  selected,
  selects,
  services,
  type Workload,
  workloads,
} from '../objects.ts';
import type { Rule } from './rule.ts';

const scalerOf = (objects: readonly KubernetesObject[], { kind, metadata }: KubernetesObject) =>
  ofKind(objects, 'HorizontalPodAutoscaler').find(
    ({ metadata: { namespace }, spec: { scaleTargetRef } }) =>
      namespace === metadata.namespace &&
      scaleTargetRef.kind === kind &&
      scaleTargetRef.name === metadata.name,
  );

const minPods = (objects: readonly KubernetesObject[], workload: Workload) =>
  scalerOf(objects, workload)?.spec.minReplicas ?? workload.spec.replicas ?? 1;

/** The most pods at a time: as scaled, and those of a rollout besides. A DaemonSet's are counted for one node. */
function maxPods(objects: readonly KubernetesObject[], workload: Workload): number {
  const max = scalerOf(objects, workload)?.spec.maxReplicas ?? workload.spec.replicas ?? 1;
  const surge = workload.kind === 'Deployment' ? (workload.spec.strategy?.rollingUpdate?.maxSurge ?? 1) : 0;
  return max + surge;
}

/**
 * The amount of a resource that a pod takes: its containers and those that stay beside them, or an init
 * container that takes more.
 */
function podTakes(workload: Workload, kind: 'requests' | 'limits', resource: string): number {
  const { containers, initContainers = [] } = podOf(workload).spec;
  const of = ({ resources = {} }: (typeof containers)[number]) =>
    quantity(resources[kind]?.[resource] ?? '0');
  const beside = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  return Math.max(
    [...containers, ...beside].reduce((sum, container) => sum + of(container), 0),
    ...initContainers.map(of),
  );
}

function quotaFindings(
  objects: readonly KubernetesObject[],
  quota: ObjectOf<'ResourceQuota'>,
): readonly string[] {
  const own = workloads(objects).filter(({ metadata }) => metadata.namespace === quota.metadata.namespace);
  const sum = (of: (workload: Workload) => number) =>
    own.reduce((total, workload) => total + maxPods(objects, workload) * of(workload), 0);
  return Object.entries(quota.spec.hard).flatMap(([name, max]) => {
    const [kind, resource] = name.split('.');
    const taken =
      name === 'pods'
        ? sum(() => 1)
        : kind === 'requests' || kind === 'limits'
          ? sum((workload) => podTakes(workload, kind, resource ?? ''))
          : 0;
    return taken > quantity(max)
      ? [`${nameOf(quota)} has ${max} ${name}, and all pods at once take ${taken}`]
      : [];
  });
}

/** The environment of the service's container. */
function apiOf(objects: readonly KubernetesObject[]): {
  workload: Workload;
  number: (name: string, unset: number) => number;
} {
  const workload = ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === 'todo-api');
  const container = workload?.spec.template.spec.containers[0];
  if (workload === undefined || container === undefined) throw new Error('There is no Deployment todo-api.');
  const environment = environmentOf(objects, workload, container);
  return { workload, number: (name, unset) => Number(environment.get(name) ?? unset) };
}

/** PostgreSQL's default is 100, 3 of them for superusers; some are for migrations, monitoring and people. */
const databaseConnections = 90;

const api = { of: 'production', kind: 'Deployment', name: 'todo-api' } as const;
const scaler = { of: 'production', kind: 'HorizontalPodAutoscaler', name: 'todo-api' } as const;
const budget = { of: 'production', kind: 'PodDisruptionBudget', name: 'todo-api' } as const;
const quota = { of: 'production', kind: 'ResourceQuota', name: 'todo-api' } as const;
const settings = { of: 'production', kind: 'ConfigMap', name: 'todo-api' } as const;

export const availabilityRules: readonly Rule[] = [
  {
    name: 'an autoscaler scales something that leaves its number of pods open, and never below three',
    check: (objects) =>
      ofKind(objects, 'HorizontalPodAutoscaler').flatMap((each) => {
        const { minReplicas = 1, maxReplicas } = each.spec;
        const target = workloads(objects).find((workload) => scalerOf(objects, workload) === each);
        return [
          ...(target === undefined ? ['scales nothing'] : []),
          ...(target?.spec.replicas === undefined
            ? []
            : [`and ${nameOf(target)} both say how many pods there are`]),
          ...(minReplicas < 3
            ? [`goes down to ${minReplicas}, too few to lose one while another is replaced`]
            : []),
          ...(maxReplicas <= minReplicas ? ['can’t scale'] : []),
        ].map((wrong) => `${nameOf(each)} ${wrong}`);
      }),
    bad: [
      { ...scaler, says: 'a target that is not there', path: '/spec/scaleTargetRef/name', value: 'api' },
      { ...scaler, says: 'too few pods', path: '/spec/minReplicas', value: 2 },
      { ...scaler, says: 'no room', path: '/spec/maxReplicas', value: 3 },
      { ...api, says: 'two numbers of pods', path: '/spec/replicas', value: 3 },
    ],
  },
  {
    name: 'what has several pods has a disruption budget, which lets nodes be drained',
    check: (objects) => [
      ...ofKind(objects, 'PodDisruptionBudget').flatMap((each) => {
        const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy, selector } = each.spec;
        const protectedOnes = selected(objects, each.metadata.namespace, selector);
        const mayGo = (workload: Workload) =>
          maxUnavailable === undefined
            ? minPods(objects, workload) - Number(minAvailable)
            : Number(maxUnavailable);
        return [
          ...(protectedOnes.length === 1
            ? []
            : [`is for ${protectedOnes.map(nameOf).join(', ') || 'nobody'}`]),
          // A percentage is no number here, and rounds to no pod at all sooner than one thinks.
          ...(protectedOnes.some((workload) => !(mayGo(workload) >= 1))
            ? ['lets no pod go, so no node can be drained']
            : []),
          ...(unhealthyPodEvictionPolicy === 'AlwaysAllow'
            ? []
            : ['keeps pods that are not Ready on their nodes']),
        ].map((wrong) => `${nameOf(each)} ${wrong}`);
      }),
      ...services(objects)
        .filter((workload) => workload.kind !== 'DaemonSet' && minPods(objects, workload) > 1)
        .filter(
          (workload) =>
            !ofKind(objects, 'PodDisruptionBudget').some(
              ({ metadata, spec }) =>
                metadata.namespace === workload.metadata.namespace &&
                selects(spec.selector, podOf(workload).metadata.labels),
            ),
        )
        .map((workload) => `${nameOf(workload)} has several pods and no disruption budget`),
    ],
    bad: [
      { ...budget, says: 'no budget', path: '' },
      {
        ...budget,
        says: 'a budget for nobody',
        path: '/spec/selector/matchLabels/app.kubernetes.io~1name',
        value: 'api',
      },
      { ...budget, says: 'a budget that keeps every pod', path: '/spec/maxUnavailable', value: 0 },
      { ...budget, says: 'pods that keep a node', path: '/spec/unhealthyPodEvictionPolicy' },
    ],
  },
  {
    name: 'a rollout takes no pod away before another is Ready, and waits as long as the startup probe does',
    check: (objects) =>
      ofKind(objects, 'Deployment')
        .filter((workload) => minPods(objects, workload) > 1)
        .flatMap((workload) => {
          const { strategy, progressDeadlineSeconds = 600, template } = workload.spec;
          const waits = template.spec.containers.map(
            ({ startupProbe: { periodSeconds = 10, failureThreshold = 3 } = {} }) =>
              periodSeconds * failureThreshold,
          );
          return [
            ...(strategy?.rollingUpdate?.maxUnavailable === 0 ? [] : ['takes pods away first']),
            ...(progressDeadlineSeconds > Math.max(...waits)
              ? []
              : ['gives up before its startup probe does']),
          ].map((wrong) => `${nameOf(workload)} ${wrong}`);
        }),
    bad: [
      { ...api, says: 'pods that go first', path: '/spec/strategy/rollingUpdate/maxUnavailable', value: 1 },
      { ...api, says: 'a rollout that gives up early', path: '/spec/progressDeadlineSeconds', value: 60 },
    ],
  },
  {
    name: 'what has several pods is spread over zones and nodes',
    check: (objects) =>
      services(objects)
        .filter((workload) => workload.kind !== 'DaemonSet' && minPods(objects, workload) > 1)
        .flatMap((workload) => {
          const { topologySpreadConstraints = [] } = podOf(workload).spec;
          const own = topologySpreadConstraints.filter(({ labelSelector }) =>
            selects(labelSelector, podOf(workload).metadata.labels),
          );
          return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname']
            .filter((key) => !own.some(({ topologyKey }) => topologyKey === key))
            .map((key) => `The pods of ${nameOf(workload)} are not spread by ${key}`);
        }),
    bad: [
      { ...api, says: 'one zone', path: '/spec/template/spec/topologySpreadConstraints/0' },
      {
        ...api,
        says: 'a spread of other pods',
        path: '/spec/template/spec/topologySpreadConstraints/1/labelSelector/matchLabels/app.kubernetes.io~1name',
        value: 'api',
      },
    ],
  },
  {
    name: 'a pod is given the time that it drains and closes in',
    check: (objects) => {
      const { workload, number } = apiOf(objects);
      const needs =
        (number('DRAIN_DELAY_MS', 0) +
          number('SHUTDOWN_GRACE_MS', 25_000) +
          number('OTEL_EXPORTER_OTLP_TIMEOUT', 5000)) /
        1000;
      const given = podOf(workload).spec.terminationGracePeriodSeconds ?? 30;
      return given > needs
        ? []
        : [`${nameOf(workload)} is killed after ${given} s and needs more than ${needs}`];
    },
    bad: [
      {
        ...api,
        says: 'too little time',
        path: '/spec/template/spec/terminationGracePeriodSeconds',
        value: 30,
      },
      { ...settings, says: 'too long a drain', path: '/data/DRAIN_DELAY_MS', value: '30000' },
    ],
  },
  {
    name: 'a pod goes on while others have not heard yet that it is going',
    check: (objects) => {
      const { workload, number } = apiOf(objects);
      return number('DRAIN_DELAY_MS', 0) >= 3000
        ? []
        : [`${nameOf(workload)} drains for less than 3 s, and kube-proxy may take two`];
    },
    bad: [{ ...settings, says: 'no drain', path: '/data/DRAIN_DELAY_MS' }],
  },
  {
    name: 'all pods at once open no more connections than PostgreSQL has',
    check: (objects) => {
      const { workload, number } = apiOf(objects);
      const opened = maxPods(objects, workload) * number('DATABASE_POOL_MAX', 10);
      return opened <= databaseConnections
        ? []
        : [`${nameOf(workload)} opens up to ${opened} connections of ${databaseConnections}`];
    },
    bad: [
      { ...settings, says: 'a pool that is too large', path: '/data/DATABASE_POOL_MAX' },
      { ...scaler, says: 'too many pods', path: '/spec/maxReplicas', value: 30 },
    ],
  },
  {
    name: 'all pods at once fit the quota of their namespace, and each container its largest',
    check: (objects) => [
      ...ofKind(objects, 'ResourceQuota').flatMap((each) => quotaFindings(objects, each)),
      ...ofKind(objects, 'LimitRange').flatMap(({ metadata, spec }) =>
        workloads(objects)
          .filter((workload) => workload.metadata.namespace === metadata.namespace)
          .flatMap((workload) =>
            containersOf(workload)
              .filter(({ resources }) =>
                spec.limits.some(
                  ({ max }) =>
                    max?.['memory'] !== undefined &&
                    quantity(resources?.limits?.['memory'] ?? '0') > quantity(max['memory']),
                ),
              )
              .map(
                ({ name }) =>
                  `${nameOf(workload)}: the container ${name} may take more memory than the LimitRange allows`,
              ),
          ),
      ),
      ...[...new Set(workloads(objects).map(({ metadata }) => metadata.namespace))]
        .filter(
          (namespace) =>
            !ofKind(objects, 'ResourceQuota').some(({ metadata }) => metadata.namespace === namespace),
        )
        .map((namespace) => `The namespace ${namespace} has no quota`),
    ],
    bad: [
      { ...quota, says: 'no quota', path: '' },
      { ...quota, says: 'too little CPU', path: '/spec/hard/requests.cpu', value: '2' },
      { ...quota, says: 'too little memory', path: '/spec/hard/limits.memory', value: '4Gi' },
      { ...quota, says: 'too few pods', path: '/spec/hard/pods', value: '10' },
      {
        ...api,
        says: 'a container that is too large',
        path: '/spec/template/spec/containers/0/resources/limits/memory',
        value: '3Gi',
      },
    ],
  },
];
