/** Whatever one object says of another has to be there. */
import {
  containersOf,
  environmentOf,
  hasPort,
  type KubernetesObject,
  nameOf,
  ofKind,
  podOf,
  selected,
  workloads,
} from '../objects.ts';
import type { OutsideObject } from '../secrets.ts';
import { isMounted, keysOf, outside, referencesOf } from './pod-references.ts';
import type { Rule } from './rule.ts';

const exists = (
  objects: readonly KubernetesObject[],
  kind: string,
  namespace: string | undefined,
  name: string,
) =>
  objects.some(
    (object) =>
      object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
  );

const api = { of: 'production', kind: 'Deployment', name: 'todo-api' } as const;
const pod = '/spec/template/spec';
const container = `${pod}/containers/0`;

export const referenceRules: readonly Rule[] = [
  {
    name: 'each Secret and ConfigMap that a pod refers to is made or declared, with the keys it is asked for',
    check: (objects) =>
      workloads(objects).flatMap((workload) =>
        referencesOf(workload).flatMap((reference) => {
          const keys = keysOf(objects, workload.metadata.namespace ?? '', reference);
          const what = `the ${reference.kind} ${reference.name}`;
          if (keys === undefined)
            return [`${nameOf(workload)} refers to ${what}, which nobody makes (kubernetes/secrets.ts)`];
          return reference.keys
            .filter((key) => !keys.includes(key))
            .map((key) => `${nameOf(workload)} asks ${what} for ${key}, which it has not`);
        }),
      ),
    bad: [
      { ...api, says: 'an unknown Secret', path: `${pod}/volumes/jwt/secret/secretName`, value: 'passwords' },
      {
        ...api,
        says: 'an unknown ConfigMap',
        path: `${container}/envFrom/0/configMapRef/name`,
        value: 'todo-api',
      },
      {
        of: 'local',
        kind: 'StatefulSet',
        name: 'redis',
        says: 'an unknown key',
        path: `${pod}/volumes/users/secret/items/users.acl/key`,
        value: 'password',
      },
      {
        of: 'local',
        kind: 'DaemonSet',
        name: 'filebeat',
        says: 'a Secret of another namespace',
        path: `${pod}/volumes/certificate/secret/secretName`,
        value: 'logstash-certificate',
      },
      {
        of: 'local',
        kind: 'Deployment',
        name: 'grafana',
        says: 'an unknown ConfigMap among several',
        path: `${pod}/volumes/dashboards/projected/sources/0/configMap/name`,
        value: 'dashboard-unknown',
      },
    ],
  },
  {
    name: 'a file that a variable names is mounted there',
    check: (objects) =>
      workloads(objects).flatMap((workload) =>
        containersOf(workload).flatMap((each) =>
          [...environmentOf(objects, workload, each)]
            .filter(([name, value]) => /_FILE$/.test(name) && value !== undefined)
            .filter(([, value = '']) => !isMounted(objects, workload, each, value))
            .map(([name, value]) => `${nameOf(workload)}: ${name} is ${value}, where nothing is mounted`),
        ),
      ),
    bad: [
      {
        ...api,
        says: 'a path where nothing is',
        path: `${container}/env/DATABASE_URL_FILE/value`,
        value: '/run/secrets/database-url',
      },
      {
        ...api,
        says: 'a key that the Secret has not',
        path: `${container}/env/DATABASE_URL_FILE/value`,
        value: '/run/secrets/todo-api/database/uri',
      },
      {
        of: 'local',
        kind: 'Deployment',
        name: 'todo-api',
        says: 'a key that is not among the items',
        path: `${pod}/volumes/redis/secret/items/url/path`,
        value: 'address',
      },
    ],
  },
  {
    name: 'a Secret that whoever deploys makes comes from the store, where there is one',
    check: (objects) => {
      const external = ofKind(objects, 'ExternalSecret');
      if (external.length === 0) return [];
      const used = new Set(
        workloads(objects)
          .flatMap(referencesOf)
          .filter(({ kind }) => kind === 'Secret')
          .map(({ name }) => name),
      );
      const missing = [...used].flatMap((name) => {
        const declared: OutsideObject | undefined = outside.Secret[name];
        const source = external.find(({ spec }) => spec.target.name === name);
        return Object.keys(declared?.madeBy === 'deployment' ? declared.keys : {})
          .filter((key) => !source?.spec.data.some(({ secretKey }) => secretKey === key))
          .map((key) => `No ExternalSecret makes ${key} of the Secret ${name}`);
      });
      const unused = external
        .filter(({ spec }) => !used.has(spec.target.name))
        .map((each) => `${nameOf(each)} makes a Secret that nobody uses`);
      return [...missing, ...unused];
    },
    bad: [
      {
        of: 'production',
        kind: 'ExternalSecret',
        name: 'todo-api-jwt',
        says: 'a Secret from nowhere',
        path: '',
      },
      {
        of: 'production',
        kind: 'ExternalSecret',
        name: 'redis',
        says: 'a missing key',
        path: '/spec/data/1',
      },
      {
        of: 'production',
        kind: 'ExternalSecret',
        name: 'redis',
        says: 'a Secret for nobody',
        path: '/spec/target/name',
        value: 'cache',
      },
    ],
  },
  {
    name: 'each service account, role and claim that is named is there',
    check: (objects) => [
      ...workloads(objects).flatMap((workload) => {
        const { serviceAccountName, volumes = [] } = podOf(workload).spec;
        const { namespace } = workload.metadata;
        return [
          ...(serviceAccountName === undefined ||
          exists(objects, 'ServiceAccount', namespace, serviceAccountName)
            ? []
            : [`the service account ${serviceAccountName}`]),
          ...volumes
            .flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
            .filter((name) => !exists(objects, 'PersistentVolumeClaim', namespace, name))
            .map((name) => `the claim ${name}`),
          ...(workload.kind !== 'StatefulSet' ||
          exists(objects, 'Service', namespace, workload.spec.serviceName ?? '')
            ? []
            : [`the Service ${workload.spec.serviceName}`]),
        ].map((missing) => `${nameOf(workload)} names ${missing}, which is not there`);
      }),
      ...objects.flatMap((object) => {
        const { roleRef, subjects = [] } = object as KubernetesObject & {
          roleRef?: { kind: string; name: string };
          subjects?: { kind: string; name: string; namespace?: string }[];
        };
        if (roleRef === undefined) return [];
        const namespace = roleRef.kind === 'Role' ? object.metadata.namespace : undefined;
        return [
          ...(exists(objects, roleRef.kind, namespace, roleRef.name)
            ? []
            : [`the ${roleRef.kind} ${roleRef.name}`]),
          ...subjects
            .filter((subject) => !exists(objects, subject.kind, subject.namespace, subject.name))
            .map(({ kind, name }) => `the ${kind} ${name}`),
        ].map((missing) => `${nameOf(object)} names ${missing}, which is not there`);
      }),
    ],
    bad: [
      { ...api, says: 'an unknown service account', path: `${pod}/serviceAccountName`, value: 'api' },
      {
        ...api,
        says: 'an unknown claim',
        path: `${pod}/volumes/jwt/persistentVolumeClaim`,
        value: { claimName: 'data' },
      },
      {
        of: 'local',
        kind: 'StatefulSet',
        name: 'redis',
        says: 'an unknown Service',
        path: '/spec/serviceName',
        value: 'cache',
      },
      {
        of: 'local',
        kind: 'ClusterRoleBinding',
        name: 'sightline-prometheus',
        says: 'an unknown role',
        path: '/roleRef/name',
        value: 'view',
      },
      {
        of: 'local',
        kind: 'RoleBinding',
        name: 'kube-state-metrics',
        says: 'an unknown subject',
        path: '/subjects/0/namespace',
        value: 'monitoring',
      },
    ],
  },
  {
    name: 'a Service leads to pods that stay, at ports that they have',
    check: (objects) =>
      ofKind(objects, 'Service').flatMap((service) => {
        const pods = selected(objects, service.metadata.namespace, {
          matchLabels: service.spec.selector ?? {},
        });
        if (pods.length === 0) return [`${nameOf(service)} leads to nobody`];
        return pods.flatMap((workload) => [
          ...(workload.kind === 'Job' ? [`${nameOf(service)} leads to ${nameOf(workload)}`] : []),
          ...service.spec.ports
            .filter(({ targetPort }) => !hasPort(workload, targetPort))
            .map(
              ({ targetPort }) =>
                `${nameOf(service)} leads to the port ${targetPort}, which ${nameOf(workload)} has not`,
            ),
        ]);
      }),
    bad: [
      {
        of: 'production',
        kind: 'Service',
        name: 'todo-api',
        says: 'a Service of nobody',
        path: '/spec/selector/app.kubernetes.io~1name',
        value: 'todo',
      },
      {
        of: 'production',
        kind: 'Service',
        name: 'todo-api',
        says: 'a Service that leads to the migration',
        path: '/spec/selector/app.kubernetes.io~1component',
      },
      {
        of: 'production',
        kind: 'Service',
        name: 'todo-api',
        says: 'an unknown port',
        path: '/spec/ports/0/targetPort',
        value: 'web',
      },
    ],
  },
];
