/** Rules for the rights of pods: Pod Security `restricted`, and what that leaves open. */
import {
  type Container,
  containersOf,
  type KubernetesObject,
  nameOf,
  podOf,
  type Volume,
  type Workload,
  workloads,
} from '../objects.ts';
import type { Rule } from './rule.ts';

/** The only one whose pods may touch the node, and why. */
const privilegedNamespaces: Readonly<Record<string, string>> = {
  'sightline-node-agents': 'Filebeat and node_exporter read files of the node',
};

const levelLabel = 'pod-security.kubernetes.io/enforce';

const namespaces = (objects: readonly KubernetesObject[]) =>
  objects.filter(({ kind }) => kind === 'Namespace');

function isRestricted(objects: readonly KubernetesObject[], workload: Workload): boolean {
  const namespace = namespaces(objects).find(({ metadata }) => metadata.name === workload.metadata.namespace);
  return namespace?.metadata.labels?.[levelLabel] !== 'privileged';
}

function tooMuch({ securityContext = {}, ports = [] }: Container, workload: Workload): string | undefined {
  const pod = podOf(workload).spec.securityContext ?? {};
  const { allowPrivilegeEscalation, privileged, capabilities } = securityContext;
  const wrong: readonly (readonly [boolean, string])[] = [
    [allowPrivilegeEscalation !== false, 'may gain privileges'],
    [privileged === true, 'is privileged'],
    [capabilities?.drop?.includes('ALL') !== true, 'keeps capabilities'],
    [capabilities?.add?.some((name) => name !== 'NET_BIND_SERVICE') === true, 'adds capabilities'],
    [(securityContext.runAsNonRoot ?? pod.runAsNonRoot) !== true, 'may run as root'],
    [(securityContext.runAsUser ?? pod.runAsUser) === 0, 'runs as root'],
    [
      (securityContext.seccompProfile ?? pod.seccompProfile)?.type !== 'RuntimeDefault',
      'may make any system call',
    ],
    [ports.some(({ hostPort }) => hostPort !== undefined), 'takes a port of the node'],
  ];
  return wrong.find(([is]) => is)?.[1];
}

const allowedVolumes = ['configMap', 'secret', 'projected', 'persistentVolumeClaim', 'emptyDir'];

function touchesNode(workload: Workload): string | undefined {
  const { hostNetwork, hostPID, hostIPC, volumes = [] } = podOf(workload).spec;
  if (hostNetwork === true || hostPID === true || hostIPC === true) return 'is in a namespace of the node';
  const foreign = volumes.filter((volume: Volume) =>
    Object.keys(volume).some((key) => key !== 'name' && !allowedVolumes.includes(key)),
  );
  return foreign.length > 0
    ? `mounts ${foreign.map(({ name }) => name).join(', ')}, of a kind that restricted pods may not`
    : undefined;
}

/** Service accounts that a role is bound to. */
function bound(objects: readonly KubernetesObject[]): ReadonlySet<string> {
  const bindings = objects.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding');
  return new Set(
    bindings.flatMap(
      (binding) =>
        (binding as { subjects?: { name: string; namespace: string }[] }).subjects?.map(
          ({ name, namespace }) => `${namespace}/${name}`,
        ) ?? [],
    ),
  );
}

const api = { of: 'production', kind: 'Deployment', name: 'todo-api' } as const;
const pod = '/spec/template/spec';
const container = `${pod}/containers/0`;

export const securityRules: readonly Rule[] = [
  {
    name: 'each namespace enforces a Pod Security level, and only a declared one is not restricted',
    check: (objects) =>
      namespaces(objects).flatMap((namespace) => {
        const level = namespace.metadata.labels?.[levelLabel];
        const isAllowed =
          level === 'restricted' ||
          (level === 'privileged' && namespace.metadata.name in privilegedNamespaces);
        return isAllowed ? [] : [`${nameOf(namespace)} enforces ${level ?? 'no level'}`];
      }),
    bad: [
      {
        of: 'local',
        kind: 'Namespace',
        name: 'todo-api',
        says: 'no level',
        path: `/metadata/labels/pod-security.kubernetes.io~1enforce`,
      },
      {
        of: 'local',
        kind: 'Namespace',
        name: 'todo-api',
        says: 'a lower level',
        path: `/metadata/labels/pod-security.kubernetes.io~1enforce`,
        value: 'privileged',
      },
    ],
  },
  {
    name: 'each pod of a restricted namespace is what `restricted` takes',
    check: (objects) =>
      workloads(objects)
        .filter((workload) => isRestricted(objects, workload))
        .flatMap((workload) => {
          const node = touchesNode(workload);
          return [
            ...(node === undefined ? [] : [`${nameOf(workload)} ${node}`]),
            ...containersOf(workload).flatMap((each) => {
              const wrong = tooMuch(each, workload);
              return wrong === undefined ? [] : [`${nameOf(workload)}: the container ${each.name} ${wrong}`];
            }),
          ];
        }),
    bad: [
      { ...api, says: 'privilege escalation', path: `${container}/securityContext/allowPrivilegeEscalation` },
      {
        ...api,
        says: 'kept capabilities',
        path: `${container}/securityContext/capabilities/drop/0`,
        value: 'NET_RAW',
      },
      {
        ...api,
        says: 'added capabilities',
        path: `${container}/securityContext/capabilities/add`,
        value: ['SYS_ADMIN'],
      },
      { ...api, says: 'root', path: `${pod}/securityContext/runAsUser`, value: 0 },
      { ...api, says: 'possible root', path: `${pod}/securityContext/runAsNonRoot` },
      { ...api, says: 'no seccomp profile', path: `${pod}/securityContext/seccompProfile` },
      {
        ...api,
        says: 'a folder of the node',
        path: `${pod}/volumes/-`,
        value: { name: 'node', hostPath: { path: '/' } },
      },
      { ...api, says: "the node's network", path: `${pod}/hostNetwork`, value: true },
      { ...api, says: 'a port of the node', path: `${container}/ports/http/hostPort`, value: 3000 },
      {
        of: 'local',
        kind: 'StatefulSet',
        name: 'elasticsearch',
        says: 'an init container with privileges',
        path: `${pod}/initContainers/0/securityContext/privileged`,
        value: true,
      },
    ],
  },
  {
    name: 'each container has a read-only root and no privileges, node agents included',
    check: (objects) =>
      workloads(objects).flatMap((workload) =>
        containersOf(workload)
          .filter(
            ({ securityContext: { readOnlyRootFilesystem, privileged, allowPrivilegeEscalation } = {} }) =>
              readOnlyRootFilesystem !== true || privileged === true || allowPrivilegeEscalation !== false,
          )
          .map(
            ({ name }) =>
              `${nameOf(workload)}: the container ${name} can write to its root or gain privileges`,
          ),
      ),
    bad: [
      {
        ...api,
        says: 'a root that can be written',
        path: `${container}/securityContext/readOnlyRootFilesystem`,
        value: false,
      },
      {
        of: 'local',
        kind: 'DaemonSet',
        name: 'filebeat',
        says: 'a privileged node agent',
        path: `${container}/securityContext/privileged`,
        value: true,
      },
    ],
  },
  {
    name: 'a pod gets a token of the Kubernetes API only when a role is bound to its service account',
    check: (objects) =>
      workloads(objects).flatMap((workload) => {
        const { automountServiceAccountToken, serviceAccountName = 'default' } = podOf(workload).spec;
        const hasRole = bound(objects).has(`${workload.metadata.namespace}/${serviceAccountName}`);
        if (automountServiceAccountToken === hasRole) return [];
        return [
          `${nameOf(workload)} ${hasRole ? 'has a role and no token for it' : 'may get a token and has no role'}`,
        ];
      }),
    bad: [
      { ...api, says: 'a token without a role', path: `${pod}/automountServiceAccountToken` },
      {
        of: 'local',
        kind: 'StatefulSet',
        name: 'prometheus',
        says: 'a role without a token',
        path: `${pod}/automountServiceAccountToken`,
        value: false,
      },
    ],
  },
  {
    name: 'only what runs to its end, a migration or a backup, logs in as the owner of the schema',
    check: (objects) =>
      workloads(objects)
        .filter(({ kind }) => kind !== 'Job' && kind !== 'CronJob')
        .filter((workload) =>
          podOf(workload).spec.volumes?.some(({ secret }) => secret?.secretName === 'todo-api-database'),
        )
        .map((workload) => `${nameOf(workload)} has the log-in of who owns the schema`),
    bad: [
      {
        ...api,
        says: 'a service that could change the audit',
        path: '/spec/template/spec/volumes/database/secret/secretName',
        value: 'todo-api-database',
      },
    ],
  },
  {
    name: 'no manifest holds a secret',
    check: (objects) => [
      ...objects.filter(({ kind }) => kind === 'Secret').map((secret) => `${nameOf(secret)} is committed`),
      ...objects.flatMap((object) => {
        const found = secretIn(object);
        return found === undefined ? [] : [`${nameOf(object)} holds ${found}`];
      }),
    ],
    bad: [
      { ...api, says: 'a committed Secret', path: '/kind', value: 'Secret' },
      {
        ...api,
        says: 'a password as a variable',
        path: `${container}/env/-`,
        value: { name: 'POSTGRES_PASSWORD', value: 'hunter2hunter2' },
      },
      {
        ...api,
        says: 'a password in an address',
        path: `${container}/env/-`,
        value: { name: 'ADDRESS', value: 'postgres://todo:hunter2@postgresql/todo' },
      },
      {
        ...api,
        says: 'a private key',
        path: '/metadata/annotations',
        value: { key: '-----BEGIN EC PRIVATE KEY-----' },
      },
      {
        ...api,
        says: 'a password as an argument',
        path: `${container}/args`,
        value: ['--requirepass', 'hunter2hunter2'],
      },
    ],
  },
];

/** Patterns of secrets, by what each matches. Names that end in a path's or a switch's are none. */
const secretForms: Readonly<Record<string, RegExp>> = {
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----|"d":"[\w-]{20,}"/,
  'a password in an address': /"[^"]*\b[a-z][a-z+]*:\/\/[^\s/@:"\\]+:[^\s/@"\\$}[]+@/,
  'a token': /\beyJ[\w-]{10,}\.[\w-]+\.[\w-]+/,
  'a password as a variable':
    /"name":"\w*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_KEY|PRIVATE_KEY|CREDENTIALS)","value":"[^"]+"/,
  'a password as an argument': /"--?(?:require)?pass(?:word)?(?:=[^"/]+"|","[^"/]+")/,
};

function secretIn(object: KubernetesObject): string | undefined {
  const text = JSON.stringify(object);
  return Object.entries(secretForms).find(([, form]) => form.test(text))?.[0];
}
