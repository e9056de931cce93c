/** NetworkPolicies: nothing may talk, and each flow that may is allowed at both of its ends. */
import {
  hasPort,
  type KubernetesObject,
  nameOf,
  type ObjectOf,
  ofKind,
  type Peer,
  podOf,
  selected,
  selects,
  type Workload,
  workloads,
} from '../objects.ts';
import { platform } from './platform.ts';
import type { Rule } from './rule.ts';

/** Pods of others that policies name: by namespace, the labels that they have. */
const outsidePods: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  'kube-system': [{ 'k8s-app': 'kube-dns' }],
  'envoy-gateway-system': [{ 'app.kubernetes.io/name': 'envoy' }],
  traefik: [{ 'app.kubernetes.io/name': 'traefik' }],
  monitoring: [
    { 'app.kubernetes.io/name': 'prometheus' },
    { 'app.kubernetes.io/name': 'prometheus-blackbox-exporter' },
  ],
};

const namespaceLabel = 'kubernetes.io/metadata.name';

/** The namespace that a peer is in, `undefined` when it is the policy's own. */
const namespaceOf = ({ namespaceSelector }: Peer, own: string | undefined) =>
  namespaceSelector?.matchLabels?.[namespaceLabel] ?? own;

const peerPods = (objects: readonly KubernetesObject[], peer: Peer, own: string | undefined) =>
  selected(objects, namespaceOf(peer, own), peer.podSelector ?? {});

function isOutside(peer: Peer, own: string | undefined): boolean {
  return (outsidePods[namespaceOf(peer, own) ?? ''] ?? []).some((labels) =>
    selects(peer.podSelector ?? {}, labels),
  );
}

interface Side {
  readonly peers: readonly Peer[];
  readonly ports: readonly { readonly port: string | number }[];
}

type Direction = 'Ingress' | 'Egress';

function sides({ spec }: ObjectOf<'NetworkPolicy'>, direction: Direction): readonly Side[] {
  return direction === 'Ingress'
    ? (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));
}

interface Flow {
  readonly from: Workload;
  readonly to: Workload;
  /** The port's name or number in the container. */
  readonly port: string | number;
}

/** The flows between pods that the policies of one direction allow. */
function flows(objects: readonly KubernetesObject[], direction: Direction): readonly Flow[] {
  return ofKind(objects, 'NetworkPolicy').flatMap((policy) => {
    const { namespace } = policy.metadata;
    const own = selected(objects, namespace, policy.spec.podSelector);
    return sides(policy, direction).flatMap(({ peers, ports }) =>
      peers
        .filter(({ ipBlock }) => ipBlock === undefined)
        .flatMap((peer) => peerPods(objects, peer, namespace))
        .flatMap((other) =>
          own.flatMap((each) =>
            ports.map(({ port }) =>
              direction === 'Ingress' ? { from: other, to: each, port } : { from: each, to: other, port },
            ),
          ),
        ),
    );
  });
}

const flowName = ({ from, to, port }: Flow) => `${nameOf(from)} to ${nameOf(to)} at ${port}`;

function allowsAnyone(objects: readonly KubernetesObject[], { to, port }: Flow): boolean {
  return ofKind(objects, 'NetworkPolicy').some(
    (policy) =>
      selected(objects, policy.metadata.namespace, policy.spec.podSelector).includes(to) &&
      sides(policy, 'Ingress').some(
        ({ peers, ports }) => peers.length === 0 && ports.some((each) => each.port === port),
      ),
  );
}

/** Whether one workload's pods may reach a port of another's. */
export function mayReach(
  objects: readonly KubernetesObject[],
  from: Workload,
  to: Workload,
  port: string | number,
): boolean {
  const wanted = flowName({ from, to, port });
  return (['Egress', 'Ingress'] as const).every((direction) =>
    flows(objects, direction).some((flow) => flowName(flow) === wanted),
  );
}

const dns = { of: 'production', kind: 'NetworkPolicy', name: 'all-to-dns' } as const;
const redis = { of: 'production', kind: 'NetworkPolicy', name: 'redis-from-todo-api' } as const;
const toRedis = { of: 'production', kind: 'NetworkPolicy', name: 'todo-api-to-redis' } as const;
const denyAll = { of: 'production', kind: 'NetworkPolicy', name: 'default-deny' } as const;

export const networkRules: readonly Rule[] = [
  {
    name: 'a namespace with pods denies all traffic, in and out, that no policy allows',
    check: (objects) => {
      const namespaces = new Set(workloads(objects).map(({ metadata }) => metadata.namespace));
      return [...namespaces]
        .filter(
          (namespace) =>
            !ofKind(objects, 'NetworkPolicy').some(
              ({ metadata, spec }) =>
                metadata.namespace === namespace &&
                Object.keys(spec.podSelector).length === 0 &&
                (['Ingress', 'Egress'] as const).every((type) => spec.policyTypes.includes(type)) &&
                spec.ingress === undefined &&
                spec.egress === undefined,
            ),
        )
        .map((namespace) => `The namespace ${namespace} does not deny by default`);
    },
    bad: [
      { ...denyAll, says: 'no default', path: '' },
      { ...denyAll, says: 'a default for one direction', path: '/spec/policyTypes/1' },
      { ...denyAll, says: 'a default that allows', path: '/spec/egress', value: [{}] },
    ],
  },
  {
    name: 'each policy is about pods that there are, and each of its peers is somebody',
    check: (objects) =>
      ofKind(objects, 'NetworkPolicy').flatMap((policy) => {
        const { namespace } = policy.metadata;
        const isForNobody =
          selected(objects, namespace, policy.spec.podSelector).length === 0 &&
          !selects(policy.spec.podSelector, platform.cert_manager.solver);
        const peers = (['Ingress', 'Egress'] as const)
          .flatMap((direction) => sides(policy, direction).flatMap((side) => side.peers))
          .filter(
            (peer) =>
              peer.ipBlock === undefined &&
              peerPods(objects, peer, namespace).length === 0 &&
              !isOutside(peer, namespace),
          );
        return [
          ...(isForNobody ? [`${nameOf(policy)} is for no pod`] : []),
          ...peers.map((peer) => `${nameOf(policy)} has a peer that is nobody: ${JSON.stringify(peer)}`),
        ];
      }),
    bad: [
      {
        ...redis,
        says: 'a policy for nobody',
        path: '/spec/podSelector/matchLabels/app.kubernetes.io~1name',
        value: 'cache',
      },
      {
        ...redis,
        says: 'a peer that is nobody',
        path: '/spec/ingress/0/from/0/podSelector/matchLabels/app.kubernetes.io~1name',
        value: 'api',
      },
      {
        ...dns,
        says: 'a namespace that is nobody’s',
        path: '/spec/egress/0/to/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name',
        value: 'dns',
      },
    ],
  },
  {
    name: 'each policy says at which ports, and in which direction',
    check: (objects) =>
      ofKind(objects, 'NetworkPolicy').flatMap((policy) =>
        (['Ingress', 'Egress'] as const).flatMap((direction) => {
          const given = sides(policy, direction);
          const isDeclared = policy.spec.policyTypes.includes(direction);
          return [
            ...(given.some(({ ports }) => ports.length === 0) ? [`${nameOf(policy)} allows every port`] : []),
            ...(given.length > 0 && !isDeclared
              ? [`${nameOf(policy)} has ${direction} rules and is not of that type`]
              : []),
            ...(direction === 'Egress' && given.some(({ peers }) => peers.length === 0)
              ? [`${nameOf(policy)} lets pods out to anywhere`]
              : []),
          ];
        }),
      ),
    bad: [
      { ...redis, says: 'every port', path: '/spec/ingress/0/ports' },
      { ...redis, says: 'a direction that does not count', path: '/spec/policyTypes', value: ['Egress'] },
      { ...toRedis, says: 'a way to anywhere', path: '/spec/egress/0/to' },
    ],
  },
  {
    name: 'a flow between pods is allowed at both ends, at a port that is there',
    check: (objects) => {
      const outgoing = flows(objects, 'Egress');
      const incoming = flows(objects, 'Ingress');
      const known = { out: new Set(outgoing.map(flowName)), in: new Set(incoming.map(flowName)) };
      // Job pods have no ports of their own, and no policy leads to them.
      return [
        ...outgoing
          .filter(({ to, port }) => hasPort(to, port))
          .filter((flow) => !known.in.has(flowName(flow)) && !allowsAnyone(objects, flow))
          .map((flow) => `${flowName(flow)} is let out and not let in`),
        ...incoming
          .filter((flow) => !known.out.has(flowName(flow)))
          .map((flow) => `${flowName(flow)} is let in and not let out`),
        ...[...outgoing, ...incoming]
          .filter(({ to, port }) => to.kind !== 'Job' && !hasPort(to, port))
          .map((flow) => `${flowName(flow)} is no port of it`),
      ];
    },
    bad: [
      { ...redis, says: 'a flow that is not let in', path: '' },
      { ...toRedis, says: 'a flow that is not let out', path: '' },
      { ...redis, says: 'a port that is not there', path: '/spec/ingress/0/ports/0/port', value: 'cache' },
      {
        of: 'local',
        kind: 'NetworkPolicy',
        name: 'filebeat-to-logstash',
        says: 'a flow that ends at the border of a namespace',
        path: '',
      },
    ],
  },
  {
    name: 'every pod may ask for names',
    check: (objects) =>
      workloads(objects)
        .filter(
          (workload) =>
            !ofKind(objects, 'NetworkPolicy').some(
              (policy) =>
                policy.metadata.namespace === workload.metadata.namespace &&
                selects(policy.spec.podSelector, podOf(workload).metadata.labels) &&
                sides(policy, 'Egress').some(
                  ({ peers, ports }) =>
                    peers.some((peer) => namespaceOf(peer, undefined) === 'kube-system') &&
                    ports.filter(({ port }) => port === 53).length === 2,
                ),
            ),
        )
        .map((workload) => `${nameOf(workload)} can't reach the cluster's DNS`),
    bad: [
      { ...dns, says: 'no names', path: '' },
      { ...dns, says: 'names by UDP only', path: '/spec/egress/0/ports/1' },
    ],
  },
];
