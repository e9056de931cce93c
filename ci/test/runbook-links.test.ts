import { describe, expect, test } from '@jest/globals';
import { pages, textOf } from '@sightline/alerts/runbooks.ts';
import { linksOf, withLinks } from '../runbook-links.ts';

describe.each(pages)('the runbook of %s', (page) => {
  test('leads to its rule, unit test and drill, or says why there is no drill', () => {
    const { rule, unitTests, drills, undrilled } = linksOf(page);
    expect(rule).toHaveLength(1);
    expect(unitTests).not.toEqual([]);
    expect(drills.length > 0).toBe(undrilled === undefined);
  });

  test('has the links that there are today', () => {
    expect(textOf(page)).toBe(withLinks(page, textOf(page)));
  });

  test('leads to its thresholds, unless it has none', () => {
    expect(linksOf(page).thresholds.length > 0).toBe(page !== 'Watchdog');
  });
});

test('the links of a runbook are replaced, not repeated', () => {
  const page = '# Watchdog\n\n**Impact.** None.\n\n## Diagnosis\n';
  const once = withLinks('Watchdog', page);
  expect(once).toMatch(
    /\n\n\*\*Code\.\*\* Rule \[alerts\/alerts\/watchdog\.libsonnet\].*\n\n## Diagnosis\n$/,
  );
  expect(withLinks('Watchdog', once)).toBe(once);
});
