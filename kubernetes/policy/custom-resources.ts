/** Kinds that Kubernetes itself doesn't know, and what they need: their own schemas are not to be had offline. */
import { type KubernetesObject, nameOf } from '../objects.ts';
import type { Rule } from './rule.ts';

/** Fields that have to be there, as paths; `*` is each of a list. */
type Fields = readonly string[];

/** Required fields by API version and kind. Objects of Kubernetes itself are held to its schema (schema/). */
export const customResources: Readonly<Record<string, Fields>> = {
  'gateway.networking.k8s.io/v1 Gateway': [
    'spec.gatewayClassName',
    'spec.listeners.*.name',
    'spec.listeners.*.port',
    'spec.listeners.*.protocol',
    'spec.listeners.*.hostname',
  ],
  'gateway.networking.k8s.io/v1 HTTPRoute': [
    'spec.parentRefs.*.name',
    'spec.parentRefs.*.sectionName',
    'spec.hostnames',
    'spec.rules',
  ],
  'external-secrets.io/v1 ExternalSecret': [
    'spec.refreshInterval',
    'spec.secretStoreRef.kind',
    'spec.secretStoreRef.name',
    'spec.target.name',
    'spec.data.*.secretKey',
    'spec.data.*.remoteRef.key',
  ],
  'monitoring.coreos.com/v1 PodMonitor': [
    'spec.selector.matchLabels',
    'spec.podMetricsEndpoints.*.port',
    'spec.podMetricsEndpoints.*.path',
  ],
  'monitoring.coreos.com/v1 Probe': [
    'spec.jobName',
    'spec.module',
    'spec.prober.url',
    'spec.targets.staticConfig.static',
  ],
  'monitoring.coreos.com/v1 PrometheusRule': ['spec.groups.*.name', 'spec.groups.*.rules'],
};

/** Whether Kubernetes itself has a schema for this. */
export const isBuiltIn = ({ apiVersion }: KubernetesObject) => {
  const [group = ''] = apiVersion.split('/');
  return !group.includes('.') || (group.endsWith('.k8s.io') && !group.startsWith('gateway.'));
};

/** The paths of an object that lead to nothing. */
function missing(value: unknown, path: string): readonly string[] {
  const [first = '', ...rest] = path.split('.');
  if (first === '*') {
    if (!Array.isArray(value) || value.length === 0) return [path];
    return value.flatMap((each) => missing(each, rest.join('.')));
  }
  const next = (value as Record<string, unknown> | undefined)?.[first];
  if (next === undefined || next === '') return [path];
  return rest.length === 0 ? [] : missing(next, rest.join('.'));
}

export const customResourceRules: readonly Rule[] = [
  {
    name: 'each object is of a kind that has a schema, or is declared with the fields that it needs',
    check: (objects) =>
      objects
        .filter((object) => !isBuiltIn(object))
        .flatMap((object) => {
          const fields = customResources[`${object.apiVersion} ${object.kind}`];
          if (fields === undefined)
            return [
              `${nameOf(object)} is of ${object.apiVersion}, which policy/custom-resources.ts does not know`,
            ];
          return fields
            .filter((path) => missing(object, path).length > 0)
            .map((path) => `${nameOf(object)} has no ${path}`);
        }),
    bad: [
      {
        of: 'production',
        kind: 'Gateway',
        name: 'todo-api',
        says: 'an unknown version',
        path: '/apiVersion',
        value: 'gateway.networking.k8s.io/v1alpha2',
      },
      {
        of: 'production',
        kind: 'Gateway',
        name: 'todo-api',
        says: 'a listener without a host',
        path: '/spec/listeners/1/hostname',
      },
      {
        of: 'production',
        kind: 'HTTPRoute',
        name: 'todo-api',
        says: 'a route without a host',
        path: '/spec/hostnames',
      },
      {
        of: 'production',
        kind: 'ExternalSecret',
        name: 'redis',
        says: 'a secret from nowhere',
        path: '/spec/data/0/remoteRef/key',
        value: '',
      },
      {
        of: 'production',
        kind: 'PodMonitor',
        name: 'todo-api',
        says: 'a monitor of nothing',
        path: '/spec/podMetricsEndpoints',
        value: [],
      },
      {
        of: 'production',
        kind: 'Probe',
        name: 'todo-api',
        says: 'a probe without a job',
        path: '/spec/jobName',
      },
      {
        of: 'production',
        kind: 'PrometheusRule',
        name: 'sightline',
        says: 'a group without rules',
        path: '/spec/groups/0/rules',
      },
    ],
  },
];
