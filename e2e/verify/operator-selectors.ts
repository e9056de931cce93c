/** Whether the Prometheus Operator's Prometheus takes our objects: a stock kube-prometheus-stack does not, without a label. */
import { spawnSync } from 'node:child_process';

type Labels = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels?: Labels;
}

interface Prometheus {
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, Selector | undefined>>;
}

interface Selected {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
}

/** The field of a Prometheus that says which objects of a kind it takes. */
const selectorOf: Readonly<Record<string, string>> = {
  PodMonitor: 'podMonitorSelector',
  Probe: 'probeSelector',
  PrometheusRule: 'ruleSelector',
};

/** @returns a sentence for each object that no Prometheus selects; of expressions in a selector nothing is said */
export function unselected(prometheuses: readonly Prometheus[], objects: readonly Selected[]): string[] {
  return objects.flatMap(({ kind, metadata: { name, labels = {} } }) => {
    const field = selectorOf[kind] ?? '';
    const wanted = prometheuses.map(({ spec }) => spec[field]?.matchLabels ?? {});
    const isTaken = wanted.some((each) =>
      Object.entries(each).every(([label, value]) => labels[label] === value),
    );
    if (isTaken || prometheuses.length === 0) return [];
    const asks = wanted
      .map((each) => Object.entries(each).map(([label, value]) => `${label}=${value}`))
      .join(' or ');
    return [
      `The Prometheus ${prometheuses.map(({ metadata }) => metadata.name).join(', ')} does not take the ${kind} ${name}: its ${field} ` +
        `wants ${asks}. Set that label in kubernetes/components/prometheus-operator, or ${field}NilUsesHelmValues=false in ` +
        'kube-prometheus-stack (docs/deploy-kubernetes.md).',
    ];
  });
}

/** Objects of a namespace, as kubectl gives them; none where it can't: there is no operator, or nobody may look. */
function listed<Kind>(kinds: string, namespace: string): readonly Kind[] {
  const args = ['get', kinds, '--namespace', namespace, '--output', 'json'];
  const { status, stdout } = spawnSync('kubectl', args, {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) return [];
  try {
    return (JSON.parse(stdout) as { items?: readonly Kind[] }).items ?? [];
  } catch {
    return [];
  }
}

/** Sentences about objects of our namespace that the Prometheus of the platform's does not take. */
export const unselectedAt = (namespace: string, platform: string): string[] =>
  unselected(
    listed('prometheuses.monitoring.coreos.com', platform),
    listed(
      Object.keys(selectorOf)
        .map((kind) => `${kind.toLowerCase()}s.monitoring.coreos.com`)
        .join(','),
      namespace,
    ),
  );
