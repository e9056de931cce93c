import { describe } from '@jest/globals';
import type { Slo } from '@sightline/contract/signal.ts';
import { slos } from '@sightline/contract/signals.ts';
import { drillTestOf, testsOfSlo } from './rules/rule-tests.ts';
import { runEach } from './rules/run.ts';

describe.each(Object.entries<Slo>(slos))('the SLO %s', (name, slo) => {
  runEach([...testsOfSlo(name), drillTestOf(name, slo)]);
});
