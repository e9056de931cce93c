import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isAlert, ruleGroups } from '@sightline/alerts/rules.ts';
import { slos } from '@sightline/contract/signals.ts';
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
  });
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

  describe('panels about SLOs', () => {
    /** Returns the value of the only series that the query of a panel shows. */
    async function shown(of: readonly Query[], title: string, legend: string): Promise<number | undefined> {
      const query = of.find(
        ({ panel, target }) => panel.title === title && [legend, title].includes(target.legendFormat),
      );
      const found = await prometheus.query(query?.expr ?? `no query ${legend} of ${title}`);
      expect(found).toHaveLength(1);
      return found[0]?.value;
    }

    test.each(Object.entries(slos))(
      'show of %s without the recording rules what these would have recorded',
      async (name, { objective }) => {
        const raw = queriesOf(await dashboards('{ recordingRules: false }'));
        expect(raw.filter(({ expr }) => /\bslo:/.test(expr))).toEqual([]);
        const rules = (await ruleGroups()).flatMap((group) => group.rules);
        const recorded = async (side: string) => {
          const record = `slo:sli_events_${side}:increase5m`;
          const rule = rules.find(
            (each) => !isAlert(each) && each.record === record && each.labels?.['slo'] === name,
          );
          const [result] = await prometheus.query(rule?.expr ?? record);
          return result?.value ?? Number.NaN;
        };
        const [good, total] = [await recorded('good'), await recorded('total')];
        expect(total).toBeGreaterThan(0);
        expect(await shown(raw, `Good and bad events: ${name}`, 'good')).toBeCloseTo(good, 6);
        expect(await shown(raw, `Good and bad events: ${name}`, 'bad')).toBeCloseTo(total - good, 6);
        const burn = (1 - good / total) / (1 - objective);
        expect(await shown(raw, `Burn rate: ${name}`, '5m')).toBeCloseTo(burn, 6);
      },
    );

    test('show 0, not nothing, of a service that has answered nothing well yet', async () => {
      const failing = queries.map((query) => ({
        ...query,
        expr: query.expr.replaceAll('status!~"499|5.."', 'status="none"'),
      }));
      expect(await shown(failing, 'Availability', '')).toBe(0);
      expect(await shown(failing, 'Error rate (5xx)', 'failed')).toBe(1);
    });
  });
});
