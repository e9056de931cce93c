/**
 * Our share of a Prometheus that watches more than this service (kube-prometheus-stack). Its other targets
 * need not be up (kube-proxy's on EKS never is), its jobs have names of its own, and it takes no remote
 * write.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceName } from '@sightline/contract/signals.ts';
import type { QuietPanel } from '@sightline/dashboards/quiet-panels.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import type { Dashboard } from '@sightline/testkit/grafana/walk.ts';
import type { RuleGroup, Target } from '@sightline/testkit/prometheus.ts';
import { parse } from 'yaml';

/** The part of a Prometheus that is verified: all of it, where the namespace is undefined. */
export interface Scope {
  /** The namespace of our pods, where the Prometheus is the platform's. */
  readonly platformNamespace?: string | undefined;
}

/**
 * Traffic within the limits of a service that has them: 90 log-ins a minute are over 60 (RATE_LIMIT_SESSIONS), a quarter of
 * them is not. As many journeys, in more time.
 */
export const gentle = { seconds: 240, rate: 1 } as const;

export const ownTargets = (targets: readonly Target[], { platformNamespace }: Scope): readonly Target[] =>
  platformNamespace === undefined
    ? targets
    : targets.filter(({ namespace }) => namespace === platformNamespace);

/** The names of the groups that the PrometheusRule has. */
const declaredGroups = (): readonly string[] => {
  const text = readFileSync(join(checkout, 'alerts/generated/prometheus-rule.yaml'), 'utf8');
  const { spec } = parse(text) as { spec: { groups: readonly { name: string }[] } };
  return spec.groups.map(({ name }) => name);
};

/** @returns our groups, and sentences about those that this Prometheus has not loaded */
export function ownGroups(
  groups: readonly RuleGroup[],
  { platformNamespace }: Scope,
): { readonly groups: readonly RuleGroup[]; readonly missing: readonly string[] } {
  if (platformNamespace === undefined) return { groups, missing: [] };
  const declared = declaredGroups();
  const loaded = groups.filter(({ name }) => declared.includes(name));
  const lost = declared.filter((each) => !loaded.some(({ name }) => name === each));
  return {
    groups: loaded,
    missing: lost.length === 0 ? [] : [`Prometheus has not loaded the groups of rules ${lost.join(', ')}.`],
  };
}

/** Queries that may have no data: those of jobs that are not ours, and of k6, whose numbers are not sent there. */
export function foreignPanels(
  dashboards: readonly Dashboard[],
  targets: readonly Target[],
  scope: Scope,
): readonly QuietPanel[] {
  if (scope.platformNamespace === undefined) return [];
  const ours = new Set([serviceName, ...ownTargets(targets, scope).map(({ job }) => job)]);
  const isForeign = (expr: string) =>
    /\bk6_/.test(expr) || [...expr.matchAll(/\bjob="([^"$]+)"/g)].some(([, job = '']) => !ours.has(job));
  return dashboards.flatMap(({ uid, queries }) =>
    queries
      .filter(({ expr }) => isForeign(expr))
      .map(({ panel, refId }) => ({
        dashboard: uid,
        panel,
        refIds: [refId],
        because: 'Of a job that is the platform’s.',
      })),
  );
}
