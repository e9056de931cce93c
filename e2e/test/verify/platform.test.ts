import { describe, expect, test } from '@jest/globals';
import type { RuleGroup, Target } from '@sightline/testkit/prometheus.ts';
import { loadDashboards } from '../../verify/dashboards.ts';
import { unselected } from '../../verify/operator-selectors.ts';
import { foreignPanels, ownGroups, ownTargets } from '../../verify/platform.ts';

const target = (job: string, namespace: string, health: Target['health'] = 'up'): Target => ({
  job,
  namespace,
  instance: `${job}:1`,
  health,
  lastError: '',
  scrapeUrl: '',
  scrapeInterval: '15s',
  scrapedAt: 0,
});
const targets = [target('todo-api', 'todo-api'), target('kube-proxy', 'kube-system', 'down')];
const platform = { platformNamespace: 'todo-api' };
const group = (name: string): RuleGroup => ({ name, evaluatedAt: 1, rules: [] });

describe('a Prometheus of the platform', () => {
  test('is asked for our targets only, one of our own for all of them', () => {
    expect(ownTargets(targets, platform).map(({ job }) => job)).toEqual(['todo-api']);
    expect(ownTargets(targets, {})).toEqual(targets);
  });

  test('has to have each of our groups of rules, and may have others', () => {
    const { groups, missing } = ownGroups(
      [group('kubernetes-apps'), group('sightline-slo-availability.rules')],
      platform,
    );
    expect(groups.map(({ name }) => name)).toEqual(['sightline-slo-availability.rules']);
    expect(missing).toEqual([
      expect.stringMatching(/^Prometheus has not loaded the groups of rules sightline-/),
    ]);
    expect(ownGroups([group('any')], {})).toEqual({ groups: [group('any')], missing: [] });
  });

  test('may lack what panels ask of its own jobs and of k6, and nothing of ours', () => {
    const dashboards = loadDashboards();
    const quiet = foreignPanels(dashboards, targets, platform);
    const queries = dashboards.flatMap((dashboard) => dashboard.queries);
    const isQuiet = ({ dashboard, panel, refId }: (typeof queries)[number]) =>
      quiet.some(
        (each) => each.dashboard === dashboard && each.panel === panel && each.refIds?.includes(refId),
      );
    for (const query of queries)
      expect({ expr: query.expr, isQuiet: isQuiet(query) }).toEqual({
        expr: query.expr,
        isQuiet: /job="(?!\$)(?!todo-api)|k6_/.test(query.expr),
      });
    expect(foreignPanels(dashboards, targets, {})).toEqual([]);
  });
});

const stock = {
  metadata: { name: 'kube-prometheus-stack-prometheus' },
  spec: { podMonitorSelector: { matchLabels: { release: 'kube-prometheus-stack' } }, ruleSelector: {} },
};

test.each([
  ['without the label', {}, [stock], 1],
  ['with the label of another release', { release: 'monitoring' }, [stock], 1],
  ['with the label', { release: 'kube-prometheus-stack' }, [stock], 0],
  ['where everything is taken', {}, [{ ...stock, spec: { podMonitorSelector: {} } }], 0],
  ['where nobody may look', {}, [], 0],
])('a PodMonitor %s', (_what, labels, prometheuses, count) => {
  const found = unselected(prometheuses, [{ kind: 'PodMonitor', metadata: { name: 'todo-api', labels } }]);
  expect(found).toHaveLength(count);
  for (const sentence of found)
    expect(sentence).toContain(
      'does not take the PodMonitor todo-api: its podMonitorSelector wants release=kube-prometheus-stack.',
    );
});
