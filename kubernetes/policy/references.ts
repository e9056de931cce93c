/** Whatever one object says of another has to be there. */
import {
  type Container,
  containersOf,
  environmentOf,
  hasPort,
  type KubernetesObject,
  nameOf,
  ofKind,
  podOf,
  selected,
  type Volume,
  type Workload,
  workloads,
} from '../objects.ts';
import { type OutsideObject, outsideConfigMaps, secrets } from '../secrets.ts';
import type { Rule } from './rule.ts';

type Kind = 'Secret' | 'ConfigMap';

/** Something that a pod refers to: an object, and keys of it that have to be there. */
interface Reference {
  readonly kind: Kind;
  readonly name: string;
  readonly keys: readonly string[];
}

const outside: Readonly<Record<Kind, Readonly<Record<string, OutsideObject>>>> = {
  Secret: secrets,
  ConfigMap: outsideConfigMaps,
};

/** The keys of an object that is rendered or declared; undefined when it is neither. */
function keysOf(
  objects: readonly KubernetesObject[],
  namespace: string,
  { kind, name }: Reference,
): readonly string[] | undefined {
  const rendered = objects.find(
    (object) =>
      object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
  );
  if (rendered !== undefined) return Object.keys(rendered.data ?? {});
  const declared = outside[kind][name];
  return declared?.namespace === namespace ? Object.keys(declared.keys) : undefined;
}

function ofVolume({ configMap, secret, projected }: Volume): readonly Reference[] {
  const keys = (items: readonly { key: string }[] = []) => items.map(({ key }) => key);
  return [
    ...(configMap ? [{ kind: 'ConfigMap' as const, name: configMap.name, keys: keys(configMap.items) }] : []),
    ...(secret ? [{ kind: 'Secret' as const, name: secret.secretName, keys: keys(secret.items) }] : []),
    ...(projected?.sources.flatMap((source) => [
      ...(source.configMap ? [{ kind: 'ConfigMap' as const, name: source.configMap.name, keys: [] }] : []),
      ...(source.secret ? [{ kind: 'Secret' as const, name: source.secret.name, keys: [] }] : []),
    ]) ?? []),
  ];
}

function ofContainer({ env = [], envFrom = [] }: Container): readonly Reference[] {
  return [
    ...env.flatMap(({ valueFrom: { secretKeyRef, configMapKeyRef } = {} }) => [
      ...(secretKeyRef
        ? [{ kind: 'Secret' as const, name: secretKeyRef.name, keys: [secretKeyRef.key] }]
        : []),
      ...(configMapKeyRef
        ? [{ kind: 'ConfigMap' as const, name: configMapKeyRef.name, keys: [configMapKeyRef.key] }]
        : []),
    ]),
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...(configMapRef ? [{ kind: 'ConfigMap' as const, name: configMapRef.name, keys: [] }] : []),
      ...(secretRef ? [{ kind: 'Secret' as const, name: secretRef.name, keys: [] }] : []),
    ]),
  ];
}

/** What a workload's pods refer to. */
export function referencesOf(workload: Workload): readonly Reference[] {
  return [
    ...(podOf(workload).spec.volumes ?? []).flatMap(ofVolume),
    ...containersOf(workload).flatMap(ofContainer),
  ];
}

/** The path in the volume of a file that a container sees; undefined when no volume is mounted there. */
function fileInVolume(
  { volumeMounts = [] }: Container,
  path: string,
): { volume: string; file: string } | undefined {
  const mount = volumeMounts
    .filter(({ mountPath, subPath }) =>
      subPath === undefined ? path.startsWith(`${mountPath}/`) : path === mountPath,
    )
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  if (mount === undefined) return undefined;
  return { volume: mount.name, file: mount.subPath ?? path.slice(mount.mountPath.length + 1) };
}

/** Whether a file that a variable names is in a Secret or ConfigMap that is mounted there. */
function isMounted(
  objects: readonly KubernetesObject[],
  workload: Workload,
  container: Container,
  path: string,
): boolean {
  const place = fileInVolume(container, path);
  const volume = podOf(workload).spec.volumes?.find(({ name }) => name === place?.volume);
  if (place === undefined || volume === undefined) return false;
  const items = volume.secret?.items ?? volume.configMap?.items;
  if (items !== undefined) return items.some((item) => item.path === place.file);
  const [reference] = ofVolume(volume);
  if (reference === undefined) return volume.emptyDir !== undefined;
  return keysOf(objects, workload.metadata.namespace ?? '', reference)?.includes(place.file) === true;
}

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
