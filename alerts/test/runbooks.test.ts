import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { logEvents, logFields } from '@sightline/contract/signals.ts';
import { type Recorded, undeclared } from '../contract.ts';
import { type AlertingRule, isAlert, recordedBy, ruleGroups } from '../rules.ts';
import { commandsIn, pages, queriesIn, textOf } from '../runbooks.ts';

const root = resolve(import.meta.dirname, '../..');

const dashboards = [
  'golden-signals',
  'slo',
  'api',
  'nodejs',
  'postgresql',
  'log-pipeline',
  'alerts',
  'load-test',
];
const given = ['PROMETHEUS_URL', 'API_URL', 'METRICS_URL', 'ALERTMANAGER_URL', 'ELASTICSEARCH_URL'];
const makeTargets = [...readFileSync(resolve(root, 'Makefile'), 'utf8').matchAll(/^([a-z-]+):/gm)].map(
  ([, name = '']) => name,
);

let alerts: readonly AlertingRule[];
let recorded: Recorded;

beforeAll(async () => {
  const rules = (await ruleGroups()).flatMap((group) => group.rules);
  alerts = rules.filter(isAlert);
  recorded = recordedBy(rules);
});

test('each alert has a runbook, and each runbook an alert', () => {
  expect([...new Set(alerts.map(({ alert }) => alert))].sort()).toEqual(pages.toSorted());
  for (const { alert, annotations } of alerts)
    expect(annotations['runbook_url']).toMatch(new RegExp(`/runbooks/${alert}\\.md$`));
});

test('each alert leads to a dashboard that there is', () => {
  const unknown = alerts.filter(
    ({ annotations }) => !dashboards.some((uid) => annotations['dashboard_url']?.endsWith(`/d/${uid}`)),
  );
  expect(unknown).toEqual([]);
});

describe.each(pages)('the runbook of %s', (page) => {
  const text = textOf(page);

  test('says what it means, what it does to users, and what to do, in this order', () => {
    const headings = [...text.matchAll(/^#+ .*$/gm)]
      .map(([heading]) => heading)
      .filter((heading) => heading.startsWith('## ') || heading === `# ${page}`);
    expect(headings).toEqual([`# ${page}`, '## Diagnosis', '## Mitigation', '## Escalation']);
    expect(text).toContain('**Impact.** ');
  });

  test('has commands to diagnose it with that a shell can read', () => {
    const scripts = commandsIn(text);
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
      const variables = [...script.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name]) => name);
      expect(variables.filter((name) => name === undefined || !given.includes(name))).toEqual([]);
    }
  });

  test('asks Prometheus for what is declared', () => {
    expect(queriesIn(text).flatMap((query) => undeclared(query, recorded))).toEqual([]);
  });

  test('searches the logs for fields and events that are declared', () => {
    const searches = [...text.matchAll(/--data-urlencode 'q=([^']*)'/g)].map(([, search = '']) => search);
    for (const search of searches)
      for (const [, field = '', values = ''] of search.matchAll(/([a-z@._]+):(\([^)]*\)|\S+)/g)) {
        expect(Object.keys(logFields)).toContain(field);
        if (field === 'event.action')
          for (const [event] of values.matchAll(/[a-z-]+/g)) expect(Object.keys(logEvents)).toContain(event);
      }
  });

  test('names only make targets, paths and alerts that there are', () => {
    const targets = [...text.matchAll(/\bmake ([a-z-]+)\b(?= |`|'|,|\))/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'room');
    expect(targets.filter((name) => !makeTargets.includes(name))).toEqual([]);
    const paths = [...text.matchAll(/\b(?:alerts|app|docs|logging|monitoring|stack)\/[\w./-]*\w/g)].map(
      ([path]) => path,
    );
    expect(paths.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
    const named = [...text.matchAll(/\b[Ss]ee ([A-Z]\w*[a-z][A-Z]\w+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !pages.includes(name))).toEqual([]);
  });
});
