/**
 * Rules that placeholders of configuration files, `${NAME}`, are given: the programs of the log path, which
 * no test runs.
 */
import {
  containersOf,
  environmentOf,
  type KubernetesObject,
  nameOf,
  podOf,
  services,
  type Workload,
} from '../objects.ts';
import type { Rule } from './rule.ts';

/** Variables by program: those that it takes from its keystore, and what its own begin with. */
const programs: Readonly<Record<string, { keystore: readonly string[]; own: RegExp }>> = {
  filebeat: { keystore: [], own: /^(FILEBEAT|LOGSTASH)_|^NODE_NAME$/ },
  logstash: { keystore: ['ELASTICSEARCH_API_KEY'], own: /^(LOGSTASH|ELASTICSEARCH)_/ },
};

/** The text of the ConfigMaps that a workload mounts. */
function mountedText(objects: readonly KubernetesObject[], workload: Workload): string {
  const names = podOf(workload).spec.volumes?.map(({ configMap }) => configMap?.name);
  return objects
    .filter(({ kind, metadata }) => kind === 'ConfigMap' && names?.includes(metadata.name))
    .filter(({ metadata }) => metadata.namespace === workload.metadata.namespace)
    .flatMap(({ data = {} }) => Object.values(data))
    .join('\n');
}

export const placeholderRules: readonly Rule[] = [
  {
    name: 'Filebeat and Logstash are given what their configuration asks for, and nothing that it does not know',
    check: (objects) =>
      services(objects).flatMap((workload) => {
        const program = programs[workload.metadata.name];
        const [container] = podOf(workload).spec.containers;
        if (program === undefined || container === undefined) return [];
        const asked = [...mountedText(objects, workload).matchAll(/\$\{([A-Z][A-Z_]*)(:[^}]*)?\}/g)];
        const given = environmentOf(objects, workload, container);
        const inKeystore = containersOf(workload).flatMap(({ args = [] }) =>
          program.keystore.filter((name) => args.some((text) => text.includes(`add ${name} `))),
        );
        const known = new Set(asked.map(([, name = '']) => name));
        return [
          ...[...new Set(asked.filter(([, , unset]) => unset === undefined).map(([, name = '']) => name))]
            .filter((name) => !given.has(name) && !inKeystore.includes(name))
            .map((name) => `${nameOf(workload)} is not given ${name}, which its configuration asks for`),
          ...[...given.keys()]
            .filter((name) => program.own.test(name) && !known.has(name))
            .map((name) => `${nameOf(workload)} is given ${name}, which its configuration does not know`),
          ...program.keystore
            .filter((name) => given.has(name))
            .map((name) => `${nameOf(workload)} has ${name} in its environment instead of its keystore`),
        ];
      }),
    bad: [
      {
        of: 'local',
        kind: 'DaemonSet',
        name: 'filebeat',
        says: 'a missing variable',
        path: '/spec/template/spec/containers/0/env/LOGSTASH_ADDRESS',
      },
      {
        of: 'local',
        kind: 'StatefulSet',
        name: 'logstash',
        says: 'an unknown variable',
        path: '/spec/template/spec/containers/0/env/LOGSTASH_QUEUE_BYTES/name',
        value: 'LOGSTASH_QUEUE_SIZE',
      },
      {
        of: 'local',
        kind: 'StatefulSet',
        name: 'logstash',
        says: 'a key that is in no keystore',
        path: '/spec/template/spec/initContainers/0/args',
        value: [],
      },
    ],
  },
];
