/** Writes into each runbook where its alert's rule, thresholds, unit tests and drills are. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pages, textOf } from '@sightline/alerts/runbooks.ts';
import { pendingDrills } from '@sightline/e2e/drills/drills.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { generate } from '@sightline/tools/generated-files.ts';
import { filesOf } from './files.ts';

const all = (...patterns: readonly string[]) =>
  filesOf(patterns).map((path) => ({ path, text: readFileSync(join(checkout, path), 'utf8') }));

/** Files that may declare each, as patterns of git. */
const rules = all('alerts/alerts/*.libsonnet');
const unitTests = all('alerts/test/rules/*.ts');
const configuration = all('alerts/config.libsonnet');

/** The drills by the file of each; a drill that is not about an alert firing begins its name with the alert's. */
const drills = await Promise.all(
  filesOf(['e2e/drills/table/*.ts']).map(async (path) => {
    const exported = Object.values((await import(`@sightline/${path}`)) as Readonly<Record<string, unknown>>);
    const faults = exported.flat().filter((entry) => typeof entry === 'object' && entry !== null);
    return {
      path,
      alerts: (faults as { alert?: string; name?: string; injectFault?: unknown }[])
        .filter(({ injectFault }) => injectFault !== undefined)
        .map(({ alert, name = '' }) => alert ?? name.replace(/\/.*/, '')),
    };
  }),
);

export interface RunbookLinks {
  readonly rule: readonly string[];
  readonly thresholds: readonly string[];
  readonly unitTests: readonly string[];
  readonly drills: readonly string[];
  /** Says why there is no drill. */
  readonly undrilled?: string;
}

/** Finds the files that an alert is declared, tuned, tested and drilled in, by its name. */
export function linksOf(alert: string): RunbookLinks {
  const pathsOf = (files: readonly { path: string; text: string }[], is: (text: string) => boolean) =>
    files.filter(({ text }) => is(text)).map(({ path }) => path);
  const ofSlos = alert === 'SLOErrorBudgetBurn';
  const because = pendingDrills.find((pending) => pending.alert === alert)?.because;
  return {
    rule: pathsOf(rules, (text) => text.includes(`'${alert}'`)),
    thresholds: [
      ...pathsOf(configuration, (text) => new RegExp(`^ +${alert}:`, 'm').test(text)),
      ...(ofSlos ? ['packages/contract/slos.ts'] : []),
    ],
    // Those of the SLOs are about all of their rules, and name none.
    unitTests: ofSlos
      ? unitTests.filter(({ path }) => basename(path) === 'slo.ts').map(({ path }) => path)
      : pathsOf(unitTests, (text) => text.includes(`alert: '${alert}'`)),
    drills: drills.filter(({ alerts }) => alerts.includes(alert)).map(({ path }) => path),
    ...(because !== undefined && { undrilled: because }),
  };
}

function paragraph(alert: string): string {
  const links = linksOf(alert);
  const list = (title: string, paths: readonly string[]) =>
    `${title} ${paths.map((path) => `[${path}](../../${path})`).join(', ')}`;
  const drill =
    links.undrilled === undefined ? list('drill', links.drills) : `no drill: it is ${links.undrilled}`;
  const parts = [
    list('Rule', links.rule),
    ...(links.thresholds.length > 0 ? [list('thresholds', links.thresholds)] : []),
    list('unit test', links.unitTests),
    drill,
  ];
  return `**Code.** ${parts.join('; ')}.`;
}

/** Makes the text of a runbook with the links of its alert before the diagnosis. */
export function withLinks(alert: string, text: string): string {
  const without = text.replace(/^\*\*Code\.\*\* .*\n\n/m, '');
  return without.replace(/^## Diagnosis$/m, () => `${paragraph(alert)}\n\n## Diagnosis`);
}

if (import.meta.main)
  await generate(
    Object.fromEntries(
      pages.map((page) => [`alerts/runbooks/${page}.md`, () => withLinks(page, textOf(page))]),
    ),
  );
