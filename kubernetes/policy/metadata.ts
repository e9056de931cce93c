/** Names, labels and namespaces. */
import { type KubernetesObject, nameOf, ofKind, podOf, selects, workloads } from '../objects.ts';
import type { Rule } from './rule.ts';

const clusterScoped = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'];

/** Labels that say what something is; a namespace and what comes from generated files are parts of all. */
const identity = ['app.kubernetes.io/name', 'app.kubernetes.io/component'];
const partOf = 'app.kubernetes.io/part-of';
const shared = ['Namespace', 'ConfigMap', 'PrometheusRule'];

function unlabelled({ kind, metadata: { labels = {} } }: KubernetesObject): readonly string[] {
  const wanted = [partOf, ...(shared.includes(kind) ? [] : identity)];
  return wanted.filter((label) => !labels[label]);
}

const backup = { of: 'production', kind: 'CronJob', name: 'backup' } as const;
const api = { of: 'production', kind: 'Deployment', name: 'todo-api' } as const;

export const metadataRules: readonly Rule[] = [
  {
    name: 'everything says by labels what it is and what it is part of, pods included',
    check: (objects) => [
      ...objects
        .filter((object) => unlabelled(object).length > 0)
        .map((object) => `${nameOf(object)} has no ${unlabelled(object).join(', no ')}`),
      ...workloads(objects).flatMap((workload) =>
        [partOf, ...identity]
          .filter((label) => !podOf(workload).metadata.labels?.[label])
          .map((label) => `The pods of ${nameOf(workload)} have no ${label}`),
      ),
    ],
    bad: [
      { ...api, says: 'a missing label', path: '/metadata/labels/app.kubernetes.io~1component' },
      {
        ...api,
        says: 'pods without a label',
        path: '/spec/template/metadata/labels/app.kubernetes.io~1part-of',
      },
    ],
  },
  {
    name: 'a workload selects its own pods, and no other does',
    check: (objects) =>
      workloads(objects).flatMap(({ kind, metadata, spec }) => {
        if (kind === 'Job' || kind === 'CronJob') return [];
        const taken = workloads(objects).filter(
          (other) =>
            other.metadata.namespace === metadata.namespace &&
            selects(spec.selector ?? {}, podOf(other).metadata.labels),
        );
        const isAlone = taken.length === 1 && taken[0]?.metadata.name === metadata.name;
        return isAlone
          ? []
          : [`${kind} ${metadata.name} selects the pods of ${taken.map(nameOf).join(', ') || 'nobody'}`];
      }),
    bad: [
      {
        ...api,
        says: 'a selector that takes the migration too',
        path: '/spec/selector/matchLabels/app.kubernetes.io~1component',
      },
      {
        ...api,
        says: 'a selector of nobody',
        path: '/spec/selector/matchLabels/app.kubernetes.io~1name',
        value: 'todo',
      },
    ],
  },
  {
    name: 'everything is in a namespace that is made with it, unless it belongs to the cluster',
    check: (objects) => {
      const made = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
      return objects
        .filter(({ kind, metadata }) =>
          clusterScoped.includes(kind)
            ? metadata.namespace !== undefined
            : !made.includes(metadata.namespace ?? ''),
        )
        .map(
          (object) => `${nameOf(object)} is in no namespace that is made here, or in one where it can't be`,
        );
    },
    bad: [
      { ...api, says: 'no namespace', path: '/metadata/namespace' },
      { ...api, says: 'an unknown namespace', path: '/metadata/namespace', value: 'default' },
    ],
  },
  {
    name: 'no two objects are the same one',
    check: (objects) => {
      const names = objects.map((object) => `${object.apiVersion.split('/')[0]} ${nameOf(object)}`);
      return names.filter((name, index) => names.indexOf(name) !== index);
    },
    bad: [
      {
        of: 'local',
        kind: 'Service',
        name: 'redis',
        says: 'a name that is taken',
        path: '/metadata/name',
        value: 'prometheus',
      },
    ],
  },
  {
    name: 'a CronJob runs by the clock of UTC, one at a time, and what it makes ends and is kept for a while',
    check: (objects) =>
      ofKind(objects, 'CronJob').flatMap((each) => {
        const { timeZone, concurrencyPolicy, jobTemplate } = each.spec;
        const { activeDeadlineSeconds, ttlSecondsAfterFinished, template } = jobTemplate.spec;
        return [
          ...(timeZone === 'Etc/UTC' ? [] : ['runs by the clock of its control plane']),
          ...(concurrencyPolicy === 'Forbid' ? [] : ['may run twice at once']),
          ...(activeDeadlineSeconds === undefined ? ['may go on for ever, and no other run begins'] : []),
          ...((ttlSecondsAfterFinished ?? 0) < 3600 ? ['is gone before anyone has read its log'] : []),
          ...(template.spec.restartPolicy === 'Never'
            ? []
            : ['restarts its container, and with it the log of why it failed goes']),
        ].map((wrong) => `${nameOf(each)} ${wrong}`);
      }),
    bad: [
      { ...backup, says: 'a clock of somewhere', path: '/spec/timeZone' },
      { ...backup, says: 'two at once', path: '/spec/concurrencyPolicy', value: 'Allow' },
      {
        ...backup,
        says: 'a run without an end',
        path: '/spec/jobTemplate/spec/activeDeadlineSeconds',
      },
      {
        ...backup,
        says: 'a run that is gone at once',
        path: '/spec/jobTemplate/spec/ttlSecondsAfterFinished',
        value: 60,
      },
      {
        ...backup,
        says: 'a run that begins again in its pod',
        path: '/spec/jobTemplate/spec/template/spec/restartPolicy',
        value: 'OnFailure',
      },
    ],
  },
  {
    name: 'a Job is named by its release, tries again, ends, and is kept for a while',
    check: (objects) =>
      ofKind(objects, 'Job').flatMap((job) => {
        const { backoffLimit = 0, activeDeadlineSeconds, ttlSecondsAfterFinished, template } = job.spec;
        const release = template.spec.containers[0]?.image.split(':').at(-1) ?? '';
        return [
          ...(job.metadata.name.endsWith(`-${release}`)
            ? []
            : [`is not named by its release ${release}, so the next one can't be applied`]),
          ...(template.spec.containers.some(({ envFrom = [] }) => envFrom.length > 0)
            ? ['refers to a ConfigMap, whose name changes while a Job can’t be changed']
            : []),
          ...(backoffLimit < 1 ? ['gives up at the first failure'] : []),
          ...(activeDeadlineSeconds === undefined ? ['may go on for ever'] : []),
          ...((ttlSecondsAfterFinished ?? 0) < 3600 ? ['is gone before anyone has read its log'] : []),
          ...(template.spec.restartPolicy === 'Never'
            ? []
            : ['restarts its container, and with it the log of why it failed goes']),
        ].map((wrong) => `${nameOf(job)} ${wrong}`);
      }),
    bad: [
      {
        of: 'production',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'the same name in each release',
        path: '/metadata/name',
        value: 'todo-api-migrate',
      },
      {
        of: 'production',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'a ConfigMap',
        path: '/spec/template/spec/containers/0/envFrom',
        value: [{ configMapRef: { name: 'todo-api' } }],
      },
      {
        of: 'production',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'no second attempt',
        path: '/spec/backoffLimit',
        value: 0,
      },
      {
        of: 'production',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'no end',
        path: '/spec/activeDeadlineSeconds',
      },
      {
        of: 'production',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'no trace',
        path: '/spec/ttlSecondsAfterFinished',
        value: 0,
      },
      {
        of: 'production',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'restarts in place',
        path: '/spec/template/spec/restartPolicy',
        value: 'OnFailure',
      },
    ],
  },
];
