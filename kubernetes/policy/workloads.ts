/** Rules for what each pod has to say about itself. */
import {
  type Container,
  containersOf,
  nameOf,
  podOf,
  quantity,
  services,
  type Workload,
  workloads,
} from '../objects.ts';
import type { Rule } from './rule.ts';

/** A sentence for each container for which there is something to say. */
const ofContainers =
  (
    look: (container: Container, workload: Workload) => string | undefined,
    which: (workload: Workload) => readonly Container[] = containersOf,
  ): Rule['check'] =>
  (objects) =>
    workloads(objects).flatMap((workload) =>
      which(workload).flatMap((container) => {
        const wrong = look(container, workload);
        return wrong === undefined ? [] : [`${nameOf(workload)}: the container ${container.name} ${wrong}`];
      }),
    );

const api = { of: 'production', kind: 'Deployment', name: 'todo-api' } as const;
const container = '/spec/template/spec/containers/0';

function unpinned({ image }: Container): string | undefined {
  const [, tag, digest] = /^[^:@]+(?::([^:@/]+))?(@sha256:[0-9a-f]{64})?$/.exec(image) ?? [];
  if (digest !== undefined || (tag !== undefined && /\d/.test(tag) && tag !== 'latest')) return undefined;
  return `takes the image ${image}, which is no exact release; components/images or the overlay names it`;
}

function unbounded({ resources: { requests = {}, limits = {} } = {} }: Container): string | undefined {
  const missing = [
    ...(['cpu', 'memory'] as const)
      .filter((name) => requests[name] === undefined)
      .map((name) => `${name} request`),
    ...(limits['memory'] === undefined ? ['memory limit'] : []),
  ];
  if (missing.length > 0) return `has no ${missing.join(', no ')}`;
  const over = Object.entries(requests).filter(
    ([name, amount]) => limits[name] !== undefined && quantity(amount) > quantity(limits[name]),
  );
  return over.length > 0
    ? `requests more ${over.map(([name]) => name).join(', ')} than its limit`
    : undefined;
}

function unprobed(
  { livenessProbe, readinessProbe, startupProbe }: Container,
  workload: Workload,
): string | undefined {
  if (livenessProbe === undefined) return 'has no liveness probe: one that hangs would hang for good';
  if (readinessProbe === undefined)
    return 'has no readiness probe: it would get requests before it can answer';
  const isOurs = podOf(workload).metadata.labels?.['app.kubernetes.io/name'] === 'todo-api';
  if (isOurs && startupProbe === undefined) return 'has no startup probe, which waits for the migration';
  const slow = [livenessProbe, readinessProbe, ...(startupProbe ? [startupProbe] : [])].some(
    ({ timeoutSeconds = 1, periodSeconds = 10 }) => timeoutSeconds > periodSeconds,
  );
  return slow ? 'has a probe that may take longer than until the next one' : undefined;
}

export const workloadRules: readonly Rule[] = [
  {
    name: 'each image is an exact release',
    check: ofContainers(unpinned),
    bad: [
      {
        ...api,
        says: 'latest',
        path: `${container}/image`,
        value: 'ghcr.io/sightline-example/todo-api:latest',
      },
      { ...api, says: 'no tag', path: `${container}/image`, value: 'registry:5000/todo-api' },
      { ...api, says: 'a tag that moves', path: `${container}/image`, value: 'quay.io/a/b:stable' },
    ],
  },
  {
    name: 'each container requests CPU and memory, and has a memory limit above its request',
    check: ofContainers(unbounded),
    bad: [
      { ...api, says: 'no requests', path: `${container}/resources/requests` },
      { ...api, says: 'no memory limit', path: `${container}/resources/limits/memory` },
      {
        ...api,
        says: 'a limit below the request',
        path: `${container}/resources/limits/memory`,
        value: '64Mi',
      },
    ],
  },
  {
    name: 'what stays is probed',
    check: (objects) =>
      ofContainers(unprobed, ({ spec }) => spec.template.spec.containers)(services(objects)),
    bad: [
      { ...api, says: 'no liveness probe', path: `${container}/livenessProbe` },
      { ...api, says: 'no readiness probe', path: `${container}/readinessProbe` },
      { ...api, says: 'no startup probe', path: `${container}/startupProbe` },
      { ...api, says: 'an impatient probe', path: `${container}/readinessProbe/timeoutSeconds`, value: 30 },
    ],
  },
  {
    name: 'liveness asks about the process only, so that an outage of something else restarts nothing',
    check: ofContainers(({ livenessProbe }, workload) =>
      podOf(workload).metadata.labels?.['app.kubernetes.io/name'] === 'todo-api' &&
      livenessProbe !== undefined &&
      livenessProbe.httpGet?.path !== '/health/live'
        ? 'is not asked /health/live'
        : undefined,
    ),
    bad: [
      {
        ...api,
        says: 'liveness by readiness',
        path: `${container}/livenessProbe/httpGet/path`,
        value: '/health/ready',
      },
    ],
  },
  {
    name: 'a port that a probe names is one of the container',
    check: ofContainers(({ livenessProbe, readinessProbe, startupProbe, ports = [] }) => {
      const named = [livenessProbe, readinessProbe, startupProbe].flatMap(
        (probe) => probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? [],
      );
      const unknown = named.filter(
        (port) => !ports.some(({ name, containerPort }) => name === port || containerPort === port),
      );
      return unknown.length > 0 ? `is probed at ${unknown.join(', ')}, which is no port of it` : undefined;
    }),
    bad: [
      { ...api, says: 'an unknown port', path: `${container}/livenessProbe/httpGet/port`, value: 'health' },
    ],
  },
  {
    name: 'a volume that is mounted is there, and one that is there is mounted',
    check: (objects) =>
      workloads(objects).flatMap((workload) => {
        const { volumes = [] } = podOf(workload).spec;
        const claims = workload.spec.volumeClaimTemplates ?? [];
        const there = new Set([
          ...volumes.map(({ name }) => name),
          ...claims.map(({ metadata }) => metadata.name),
        ]);
        const mounted = new Set(
          containersOf(workload).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)),
        );
        return [
          ...[...mounted]
            .filter((name) => !there.has(name))
            .map((name) => `${name} is mounted and not there`),
          ...[...there]
            .filter((name) => !mounted.has(name))
            .map((name) => `${name} is there and not mounted`),
        ].map((wrong) => `${nameOf(workload)}: the volume ${wrong}`);
      }),
    bad: [
      { ...api, says: 'a mount of nothing', path: '/spec/template/spec/volumes/jwt' },
      { ...api, says: 'a volume for nobody', path: `${container}/volumeMounts/jwt` },
    ],
  },
  {
    name: 'nothing is mounted inside a folder that is mounted read-only, where its place could not be made',
    check: ofContainers(({ volumeMounts = [] }) => {
      const inside = volumeMounts.filter(({ mountPath }) =>
        volumeMounts.some((outer) => outer.readOnly === true && mountPath.startsWith(`${outer.mountPath}/`)),
      );
      return inside.length > 0
        ? `mounts ${inside.map(({ mountPath }) => mountPath).join(', ')} inside one`
        : undefined;
    }),
    bad: [
      {
        of: 'local',
        kind: 'DaemonSet',
        name: 'filebeat',
        says: 'a certificate inside the configuration',
        path: `${container}/volumeMounts/certificate/mountPath`,
        value: '/etc/filebeat/certificate',
      },
    ],
  },
];
