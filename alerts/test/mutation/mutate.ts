import { isDeepStrictEqual } from 'node:util';
import { type Mutation, mutationsOf } from '../../mutations.ts';
import { testRules, type UnitTest } from '../../promtool.ts';
import { isAlert, type Rule, type RuleGroup, ruleGroups } from '../../rules.ts';
import { type RuleTest, ruleTests, withRules } from '../rules/rule-tests.ts';
import { survivors } from './survivors.ts';

/** Processes of promtool at a time: more only wait for each other on two cores. */
const parallel = 2;
/** Mutants that one of them tests. */
const atOnce = 50;

/** Where a mutation is: the same place in every rendering of the mixin. */
interface Mutant {
  readonly group: RuleGroup;
  readonly rule: Rule;
  readonly ruleIndex: number;
  readonly mutation: Mutation;
  readonly mutationIndex: number;
}

const nameOf = (rule: Rule) => (isAlert(rule) ? rule.alert : rule.record);

function mutantsOf(groups: readonly RuleGroup[]): readonly Mutant[] {
  return groups.flatMap((group) =>
    group.rules.flatMap((rule, ruleIndex) =>
      mutationsOf(rule).map((mutation, mutationIndex) => ({
        group,
        rule,
        ruleIndex,
        mutation,
        mutationIndex,
      })),
    ),
  );
}

/** The groups with the mutation in its place. */
function mutated(
  groups: readonly RuleGroup[],
  { group, ruleIndex, mutationIndex }: Mutant,
): readonly RuleGroup[] {
  return groups.map((each) => {
    if (each.name !== group.name) return each;
    const rules = each.rules.map((rule, index) => {
      if (index !== ruleIndex) return rule;
      return mutationsOf(rule)[mutationIndex]?.mutated ?? rule;
    });
    return { ...each, rules };
  });
}

/** The window of a rule of an SLO, by its label or its name. */
const windowOf = (rule: Rule) =>
  isAlert(rule) ? rule.labels['window'] : /:(?:increase|ratio)(\d+[smhd])$/.exec(rule.record)?.[1];

/** The tests that concern a mutant. */
const testsFor = ({ group, rule }: Mutant): readonly RuleTest[] => {
  const window = windowOf(rule);
  return (
    ruleTests
      .filter((test) => group.name.startsWith(test.prefix))
      // What an alert of a cause reads is no recording rule.
      .filter((test) => (isAlert(rule) ? test.alert === rule.alert : test.prefix !== ''))
      .filter(({ windows }) => windows === undefined || window === undefined || windows.includes(window))
      .toSorted((a, b) => rank(a, rule) - rank(b, rule))
  );
};

/** Those of its own window notice a mutant of an alert first, those of all windows one of a recording rule. */
const rank = ({ windows }: RuleTest, rule: Rule) => ((windows === undefined) === isAlert(rule) ? 1 : 0);

/** A mutant, the unit test that it is put to, and those that come after it. */
interface Trial {
  readonly mutant: Mutant;
  readonly unit: UnitTest;
  readonly later: readonly RuleTest[];
}

/** The first of the tests whose rules the mutant changes, or `undefined` when it changes none. */
async function trialOf(mutant: Mutant, [test, ...later]: readonly RuleTest[]): Promise<Trial | undefined> {
  if (test === undefined) return undefined;
  const unit = await withRules(test, (groups) => mutated(groups, mutant));
  if (isDeepStrictEqual(unit, await withRules(test))) return trialOf(mutant, later);
  return { mutant, unit, later };
}

/** Those that no test notices. Each is put to its tests one after the other, at a time all to one, in one promtool. */
async function survivorsAmong(mutants: readonly Mutant[]): Promise<readonly Mutant[]> {
  const noticed = new Set<Mutant>();
  let trials = await Promise.all(mutants.map((mutant) => trialOf(mutant, testsFor(mutant))));
  for (;;) {
    const due = trials.filter((trial) => trial !== undefined);
    if (due.length === 0) return mutants.filter((mutant) => !noticed.has(mutant));
    const verdicts = await testRules(due.map(({ unit }) => unit));
    for (const [index, { mutant }] of due.entries()) if (!verdicts[index]?.ok) noticed.add(mutant);
    const left = due.filter(({ mutant }) => !noticed.has(mutant));
    trials = await Promise.all(left.map(({ mutant, later }) => trialOf(mutant, later)));
  }
}

const reasonFor = ({ rule, mutation }: Mutant) =>
  survivors.find(
    (each) =>
      nameOf(rule).startsWith(each.rule) &&
      mutation.kind === each.kind &&
      mutation.what.replaceAll(/\s+/g, ' ').includes(each.what),
  );

function tell(mutant: Mutant): void {
  const { group, rule, mutation } = mutant;
  const what = mutation.what.replaceAll(/\s+/g, ' ');
  const missing =
    'NO REASON: add a unit test that notices it, or say in alerts/test/mutation/survivors.ts why none can';
  console.log(`survived: ${group.name}, ${nameOf(rule)}: ${mutation.kind}: ${what}`);
  console.log(`    ${reasonFor(mutant)?.because ?? missing}`);
}

/** `node alerts/test/mutation/mutate.ts [part of a group's name]`: fails when a mutant survives for no declared reason. */
async function main(only: string): Promise<void> {
  const began = performance.now();
  const mutants = mutantsOf(await ruleGroups()).filter(({ group }) => group.name.includes(only));
  const alive: Mutant[] = [];
  const queue = Array.from({ length: Math.ceil(mutants.length / atOnce) }, (_, index) =>
    mutants.slice(index * atOnce, (index + 1) * atOnce),
  ).values();
  let done = 0;
  const work = async () => {
    for (const some of queue) {
      for (const mutant of await survivorsAmong(some)) {
        alive.push(mutant);
        tell(mutant);
      }
      done += some.length;
      console.error(`${done} of ${mutants.length} mutants tested`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));

  const unexplained = alive.filter((mutant) => reasonFor(mutant) === undefined);
  const killed = mutants.length - alive.length;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const share = ((killed / mutants.length) * 100).toFixed(1);
  console.log(
    `${killed}/${mutants.length} mutants killed (${share} %) in ${seconds} s, ${unexplained.length} survivors without a reason`,
  );
  if (unexplained.length > 0 || killed / mutants.length < 0.95) process.exitCode = 1;
}

await main(process.argv[2] ?? '');
