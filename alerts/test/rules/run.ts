import { beforeAll, expect, test } from '@jest/globals';
import { testRules, type UnitTest, type Verdict } from '../../promtool.ts';
import { type RuleTest, withRules } from './rule-tests.ts';

/** Declares a jest test for each unit test. They run before the first of them, in one process of promtool. */
export function runEach(tests: readonly RuleTest[]): void {
  let units: readonly UnitTest[];
  let verdicts: readonly Verdict[];
  beforeAll(async () => {
    units = await Promise.all(tests.map((each) => withRules(each)));
    verdicts = await testRules(units);
  }, 600_000);

  test.each(tests.map(({ name }, index) => [name, index] as const))('%s', (_, index) => {
    expect(units[index]?.rules).not.toEqual([]);
    const { ok, output } = verdicts[index] ?? {};
    // What promtool says is what one needs to read when it fails.
    expect(ok ? '' : output).toBe('');
  });
}
