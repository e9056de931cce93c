import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { parse } from 'yaml';
import { allChecks, checks } from '../../checks.ts';

test('each check that is longer or only in make test-all runs each night', () => {
  const nightly = parse(readFileSync(join(checkout, '.github/workflows/nightly.yml'), 'utf8'));
  const isUsual = (one: object) => checks.some((check) => Object.is(check.run, (one as typeof check).run));
  const long = allChecks.filter((one) => !isUsual(one)).map(({ id }) => id);
  expect(long.length).toBeGreaterThan(3);
  // Its load and length are the same in both.
  expect(nightly.jobs.long.strategy.matrix.check.toSorted()).toEqual([...long, 'logs-outage'].toSorted());
});
