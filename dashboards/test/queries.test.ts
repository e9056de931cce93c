import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { whyMissing } from '@sightline/tools/tools.ts';
import { dashboards } from '../dashboards.ts';
import { differences, type Query, queriesOf } from '../truth/compare.ts';
import { expected } from '../truth/expected.ts';
import { knownSeries } from '../truth/known-series.ts';
import { type KnownPrometheus, startKnownPrometheus } from '../truth/prometheus.ts';

const missing = whyMissing('promtool') ?? whyMissing('jsonnet');
const withTools = missing === undefined ? describe : describe.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

withTools(`on a real Prometheus with known series${because}`, () => {
  let prometheus: KnownPrometheus;
  let queries: readonly Query[];
  beforeAll(async () => {
    queries = queriesOf(await dashboards());
    prometheus = await startKnownPrometheus(knownSeries);
  }, 120_000);
  afterAll(() => prometheus?.stop());

  test.each(Object.keys(expected))('the panels of %s show what was put in', async (dashboard) => {
    const problems: string[] = [];
    for (const query of queries.filter((each) => each.dashboard === dashboard)) {
      const where = `${query.panel.title}, query ${query.target.refId}`;
      const { unit } = query.panel.fieldConfig.defaults;
      if (unit !== query.expected?.unit)
        problems.push(`${where}: the unit is ${unit}; expected ${query.expected?.unit}.`);
      for (const problem of await differences(prometheus, query, query.expr))
        problems.push(`${where}: ${problem} ${query.expr}`);
    }
    expect(problems).toEqual([]);
  });

  test('every query is expected to show something, and nothing else is', () => {
    const asked = queries.map(({ dashboard, panel, target }) =>
      [dashboard, panel.title, target.refId].join(),
    );
    const awaited = Object.entries(expected).flatMap(([dashboard, panels]) =>
      Object.entries(panels).flatMap(([title, panel]) =>
        Object.keys(panel.queries).map((refId) => [dashboard, title, refId].join()),
      ),
    );
    expect(asked.length).toBeGreaterThan(150);
    expect(awaited.sort()).toEqual(asked.toSorted());
  });
});
