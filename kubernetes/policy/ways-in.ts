/** Gateways, routes and Ingresses lead to something that is there, and are believed no more than they have to be. */
import { isProxyRange } from '@sightline/app/src/config-values.ts';
import {
  containersOf,
  environmentOf,
  type KubernetesObject,
  nameOf,
  ofKind,
  type Peer,
  podOf,
  selects,
  type Workload,
  workloads,
} from '../objects.ts';
import { outside } from './pod-references.ts';
import type { Rule } from './rule.ts';

/** Whether a Service has this port, by name or number. */
const servicePort = (
  objects: readonly KubernetesObject[],
  namespace: string | undefined,
  name: string,
  port: string | number | undefined,
) =>
  ofKind(objects, 'Service').some(
    ({ metadata, spec }) =>
      metadata.name === name &&
      metadata.namespace === namespace &&
      spec.ports.some((each) => each.name === port || each.port === port),
  );

/** Where a workload's pods have their requests from, by the policies: each peer, or `undefined` for anybody. */
function peersAt(
  objects: readonly KubernetesObject[],
  workload: Workload,
  port: string,
): readonly (Peer | undefined)[] {
  return ofKind(objects, 'NetworkPolicy')
    .filter(({ metadata, spec }) => {
      const { labels } = podOf(workload).metadata;
      return metadata.namespace === workload.metadata.namespace && selects(spec.podSelector, labels);
    })
    .flatMap(({ spec }) => spec.ingress ?? [])
    .filter(({ ports = [] }) => ports.some((each) => each.port === port))
    .flatMap<Peer | undefined>(({ from = [] }) => (from.length > 0 ? from : [undefined]));
}

/** Sentences for wrong settings of the proxies that the API believes, behind a way in. */
function believed(objects: readonly KubernetesObject[], api: Workload): readonly string[] {
  const [container] = containersOf(api);
  const given = container ? environmentOf(objects, api, container) : new Map<string, string>();
  const trusts = ['TRUSTED_PROXIES', 'TRUSTED_PROXY_HOPS'].filter((name) => given.has(name));
  const hasWayIn = ofKind(objects, 'Ingress').length + ofKind(objects, 'Gateway').length > 0;
  const isWide = (cidr: string) => !isProxyRange(cidr);
  return [
    ...(hasWayIn && trusts.length === 0 ? ['takes the way in for its only client'] : []),
    ...(trusts.includes('TRUSTED_PROXY_HOPS')
      ? peersAt(objects, api, 'http')
          .filter((peer) => peer === undefined || (peer.ipBlock && isWide(peer.ipBlock.cidr)))
          .map((peer) => `believes whoever is let in from ${peer?.ipBlock?.cidr ?? 'anywhere'}`)
      : []),
  ];
}

export const wayInRules: readonly Rule[] = [
  {
    name: 'the API is told how many proxies are before it, and lets in nobody but them',
    check: (objects) =>
      workloads(objects)
        .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'todo-api')
        .flatMap((api) => believed(objects, api).map((wrong) => `${nameOf(api)} ${wrong}`)),
    bad: [
      {
        of: 'production',
        kind: 'ConfigMap',
        name: 'todo-api',
        says: 'a way in that is not believed',
        path: '/data/TRUSTED_PROXY_HOPS',
      },
      {
        of: 'local',
        kind: 'ConfigMap',
        name: 'todo-api',
        says: 'anybody who is believed',
        path: '/data/TRUSTED_PROXY_HOPS',
        value: '1',
      },
      ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', '0.0.0.0/0'].map(
        (value) => ({
          of: 'aws-load-balancer' as const,
          kind: 'NetworkPolicy',
          name: 'todo-api-from-load-balancer',
          says: `anybody of ${value} who is believed`,
          path: '/spec/ingress/0/from/0/ipBlock/cidr',
          value,
        }),
      ),
    ],
  },
  {
    name: 'each way in leads to a Service, with a certificate that somebody makes',
    check: (objects) => {
      const certificates = (names: readonly string[]) =>
        names
          .filter((name) => outside.Secret[name]?.madeBy !== 'cert-manager')
          .map((name) => `the Secret ${name}`);
      const found = [
        ...ofKind(objects, 'Ingress').map((ingress) => ({
          object: ingress,
          missing: [
            ...certificates((ingress.spec.tls ?? []).flatMap(({ secretName }) => secretName ?? [])),
            ...ingress.spec.rules
              .flatMap(({ http }) => http.paths.map(({ backend }) => backend.service))
              .filter(
                ({ name, port }) =>
                  !servicePort(objects, ingress.metadata.namespace, name, port.name ?? port.number),
              )
              .map(({ name }) => `that port of the Service ${name}`),
          ],
        })),
        ...ofKind(objects, 'Gateway').map((gateway) => ({
          object: gateway,
          missing: certificates(
            gateway.spec.listeners.flatMap(({ tls }) => tls?.certificateRefs?.map(({ name }) => name) ?? []),
          ),
        })),
        ...ofKind(objects, 'HTTPRoute').map((route) => ({
          object: route,
          missing: [
            ...route.spec.parentRefs
              .filter(
                ({ name, sectionName }) =>
                  !ofKind(objects, 'Gateway').some(
                    ({ metadata, spec }) =>
                      metadata.name === name &&
                      spec.listeners.some((listener) => listener.name === sectionName),
                  ),
              )
              .map(({ name, sectionName }) => `the listener ${sectionName} of the Gateway ${name}`),
            ...route.spec.rules
              .flatMap(({ backendRefs = [] }) => backendRefs)
              .filter(({ name, port }) => !servicePort(objects, route.metadata.namespace, name, port))
              .map(({ name }) => `that port of the Service ${name}`),
          ],
        })),
      ];
      return found.flatMap(({ object, missing }) =>
        missing.map((what) => `${nameOf(object)} names ${what}, which is not there`),
      );
    },
    bad: [
      {
        of: 'production',
        kind: 'HTTPRoute',
        name: 'todo-api',
        says: 'an unknown listener',
        path: '/spec/parentRefs/0/sectionName',
        value: 'tls',
      },
      {
        of: 'production',
        kind: 'Service',
        name: 'todo-api',
        says: 'an unknown port of a Service',
        path: '/spec/ports/0/port',
        value: 8080,
      },
      {
        of: 'production',
        kind: 'Gateway',
        name: 'todo-api',
        says: 'a certificate of nobody',
        path: '/spec/listeners/1/tls/certificateRefs/0/name',
        value: 'tls',
      },
      {
        of: 'ingress',
        kind: 'Ingress',
        name: 'todo-api',
        says: 'an unknown Service',
        path: '/spec/rules/0/http/paths/0/backend/service/name',
        value: 'api',
      },
      {
        of: 'ingress',
        kind: 'Ingress',
        name: 'todo-api',
        says: 'a certificate of nobody for an Ingress',
        path: '/spec/tls/0/secretName',
        value: 'tls',
      },
    ],
  },
];
