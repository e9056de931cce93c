import { beforeAll, expect, test } from '@jest/globals';
import { testRules, type UnitTest, type Verdict } from '../../promtool.ts';
import { type RuleTest, withRules } from './rule-tests.ts';

/** Declares a jest test for each unit test. They run before the first of them, in one process of promtool. */
export function runEach(tests: readonly RuleTest[]): void {
  let results: ReadonlyMap<RuleTest, UnitTest & Verdict>;
  beforeAll(async () => {
    const units = await Promise.all(tests.map((each) => withRules(each)));
    const verdicts = await testRules(units);
    results = new Map(
      tests.map((each, index) => [each, Object.assign({}, units[index], verdicts[index])] as const),
    );
  }, 600_000);

  test.each(tests.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const { rules, ok, output } = results.get(each) ?? {};
    expect(rules).not.toEqual([]);
    // What promtool says is what one needs to read when it fails.
    expect(ok ? '' : output).toBe('');
  });
}
