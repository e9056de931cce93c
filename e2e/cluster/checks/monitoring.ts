/** Checks that the Prometheus of the cluster finds what it watches, and takes its rules. */

import type { KubernetesObject } from '@sightline/kubernetes/objects.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { expectNone } from '@sightline/testkit/check.ts';
import { parse } from 'yaml';
import type { ClusterContext } from '../check.ts';
import { kubectl } from '../kubectl.ts';
import { apiPods, isReady, namespace } from '../pods.ts';
import { query, ruleGroups } from '../prometheus.ts';

/** Prometheus starts, discovers and scrapes. */
const patienceSeconds = 90;

/** The jobs of Prometheus whose targets are workloads of this name, as far as they can be had. */
const jobs: Readonly<Record<string, string>> = {
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  'kube-state-metrics': 'kube-state-metrics',
  'node-exporter': 'node',
  'blackbox-exporter': 'blackbox',
};

export async function checkDiscovery({ objects }: ClusterContext): Promise<string> {
  const expected = Object.entries(jobs)
    .filter(([workload]) =>
      objects.some(({ kind, metadata }) => metadata.name === workload && /Set|Deployment/.test(kind)),
    )
    .map(([, job]) => job);
  let wrong: string[] = [];
  let pods = 0;
  const found = async () => {
    const [targets, running] = await Promise.all([query('up'), apiPods()]);
    const up = (job: string) => targets.filter(({ labels, value }) => labels['job'] === job && value === 1);
    const scraped = new Set(up('todo-api').map(({ labels }) => labels['pod']));
    pods = running.length;
    wrong = [
      ...running
        .filter((pod) => isReady(pod) && !scraped.has(pod.metadata.name))
        .map(({ metadata }) => `The pod ${metadata.name} is not scraped.`),
      ...expected
        .filter((job) => up(job).length === 0)
        .map((job) => `The job ${job} has no target that is up.`),
    ];
    return wrong.length === 0;
  };
  await waitFor(found, patienceSeconds, 'Not all was found').catch((error: Error) =>
    expectNone(wrong.length > 0 ? wrong : [error.message]),
  );
  return `each of ${pods} pods is a target that is up, and so are ${expected.join(', ')}`;
}

/** The groups of the rule files in a ConfigMap. */
function groupsIn(objects: readonly KubernetesObject[]): readonly string[] {
  const files = objects.flatMap(({ kind, data = {} }) =>
    kind === 'ConfigMap' ? Object.entries(data).filter(([key]) => key.endsWith('.rules.yaml')) : [],
  );
  return files.flatMap(([, text]) =>
    (parse(text) as { groups: { name: string }[] }).groups.map(({ name }) => name),
  );
}

export async function checkRules({ objects }: ClusterContext): Promise<string> {
  const expected = groupsIn(objects);
  let wrong: string[] = [];
  let rules = 0;
  const loaded = async () => {
    const groups = await ruleGroups();
    const names = new Set(groups.map(({ name }) => name));
    const all = groups.flatMap((group) => group.rules);
    rules = all.length;
    wrong = [
      ...expected.filter((name) => !names.has(name)).map((name) => `The group ${name} is not loaded.`),
      ...all
        .filter(({ health }) => health !== 'ok')
        .map(({ name, health, lastError = '' }) => `The rule ${name} is ${health} ${lastError}`.trim()),
    ];
    return expected.length > 0 && wrong.length === 0;
  };
  await waitFor(loaded, patienceSeconds, 'There are no rules').catch((error: Error) =>
    expectNone(wrong.length > 0 ? wrong : [error.message]),
  );
  return `${expected.length} groups with ${rules} rules, each evaluated without an error`;
}

/** The way of an alert through the cluster, by the one that always fires: Prometheus, Alertmanager, its receiver. */
export async function checkDelivery(): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/services/webhook:9095/proxy/metrics`;
  const hasHeard = async () => {
    const heard = /^watchdog_last_received_timestamp_seconds (\S+)$/m.exec(
      await kubectl(['get', '--raw', path]),
    );
    return Number(heard?.[1]) > 0;
  };
  await waitFor(hasHeard, patienceSeconds, 'No Watchdog came to the receiver').catch((error: Error) =>
    expectNone([error.message]),
  );
  return 'Watchdog came from Prometheus by way of Alertmanager to its receiver';
}
