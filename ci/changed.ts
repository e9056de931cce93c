/**
 * `make test CHANGED=1`: what a change can affect, by the arrows of the files (arrows.ts). A test is near a change that it
 * loads, names, or holds in its room. The others reach it only by programs that other rooms start, or by the service as a
 * whole: of those are run the ones in the folder of the same name, and `verify` and `schemathesis`, which stand for the rest.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from '@sightline/alerts/runbooks.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { parse } from 'yaml';
import {
  type Arrow,
  type Arrows,
  arrowsOf,
  isTest,
  isTypeScript,
  reachedFrom,
  roomAmong,
  type Workspace,
} from './arrows.ts';
import { type Change, changeHere, textIn } from './change.ts';
import { filesOf } from './files.ts';
import { readRooms } from './rooms.ts';

/** A checkout, as far as a selection looks at it. */
export interface House {
  readonly rooms: readonly Workspace[];
  readonly arrows: Arrows;
}

export interface Selection {
  /** Why all of `make test` is run. */
  readonly everything?: string;
  /** Ids of checks, and why each is run. */
  readonly checks: ReadonlyMap<string, string>;
  /** Test files of jest. */
  readonly tests: readonly string[];
  /** Test files that a change reaches too, and that are left out. */
  readonly leftOut: readonly string[];
  /** Changed files that no test and no check uses. */
  readonly unused: readonly string[];
}

/** Files that every check stands on: packages, the compiler, and the runner. */
export const everywhere = new RegExp(
  [
    /(^|\/)(package|tsconfig)\.json$/,
    /^(\.gitignore|package-lock\.json|jest\.config\.js|stack\/install\.sh|packages\/testkit\/check\.ts)$/,
    /^ci\/(run|program|checks|counts|change|changed|arrows|files|rooms)\.ts$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** Every test file stands on it, too. */
export const setUp = [
  'ci/jest/runner.ts',
  'ci/jest/environment.ts',
  'ci/jest/postgresql.ts',
  'ci/jest/postgresql-stop.ts',
];

/** Here the service is put together of everything: a test that starts it loads all of it, and is about some of it. */
const whole = 'app/src/app.ts';
/** Test files about the service as a whole. */
const ofWhole = /^app\/test\/[^/]+$/;

/** These take seconds, and look at all files, or at all processes. */
const always = [
  'types',
  'types-k6',
  'types-page',
  'lint',
  'regular-expressions',
  'rooms',
  'generated',
  'leftovers',
];
/** Checks that make what others need; each is a look when it is there. */
const provisions = ['tools', 'elasticsearch', 'python'];
/** The program of each check that is near what it looks at. */
const programs = {
  kubernetes: 'kubernetes/check.ts',
  terraform: 'terraform/check.ts',
  'terraform-aws': 'terraform/check.ts',
  schemathesis: 'app/test/schemathesis/run.ts',
} as const;
/** Checks that are run for a change of their own means: those of whole stacks take minutes. */
const byMeans = {
  workflows: /^(\.github|ci\/workflows)\//,
  'logs-outage': /^(e2e\/outage|logging\/shipper)\//,
  chaos: /^e2e\/chaos\//,
  image: /^(Dockerfile$|\.dockerignore$|stack\/images\/|e2e\/docker\/test-image\.ts$)/,
} as const;

const isTestFile = (path: string) => /(^|\/)test\/.*\.test\.ts$/.test(path);

/** Whether a test file is in the folder of the tests of this file's folder: of `app/src/todos/` it is `app/test/todos/`. */
function mirrors(test: string, path: string, room: string): boolean {
  const [folder, ...rest] = path
    .slice(room.length + 1)
    .replace(/^src\//, '')
    .split('/');
  return rest.length > 0 && test.startsWith(`${room}/test/${folder}/`);
}

/** Data that is held is read, and what it names with it. */
const readOn = (to: string, arrow: Arrow) =>
  (arrow === 'holds' || arrow === 'beside') && isTypeScript(to) ? 'last' : 'on';

/** All that a file reaches, by whatever way; each with the file that it is reached from. */
export const allOf = (start: string, arrows: Arrows): ReadonlyMap<string, string> =>
  reachedFrom(start, arrows, (_, to, arrow) => readOn(to, arrow));

/**
 * Selects what is run for a change.
 * @param all whether those are run as well that reach it only by programs or by the service as a whole
 * @param drills why the drills are run, where they are
 */
export function select(
  paths: readonly string[],
  { rooms, arrows }: House,
  { all = false, drills }: { readonly all?: boolean; readonly drills?: string | undefined } = {},
): Selection {
  const tests = [...arrows.keys()].filter(isTestFile);
  const roomOf = (path: string) => roomAmong(rooms, path);
  const anyWay = (start: string) => allOf(start, arrows);
  const nearBy = (start: string, ofCheck = false) =>
    reachedFrom(start, arrows, (from, to, arrow) => {
      if (from === whole && !ofCheck) return 'not';
      if (arrow === 'loads') return 'on';
      const room = roomOf(to);
      if (room === roomOf(start) && room === roomOf(from)) return readOn(to, arrow);
      if (room === roomOf(from)) return isTypeScript(to) || arrow === 'beside' ? 'not' : 'on';
      // A program that another room starts is that room's, and `verify`'s.
      if (arrow === 'beside') return 'not';
      return isTest(from) || (ofCheck && !isTypeScript(from) && !isTypeScript(to)) ? 'last' : 'not';
    });
  const firstOf = (reached: ReadonlyMap<string, string>) => paths.find((path) => reached.has(path));

  const reason =
    paths.find((path) => everywhere.test(path)) ?? setUp.map((start) => firstOf(nearBy(start))).find(Boolean);
  if (reason !== undefined)
    return { everything: reason, checks: new Map(), tests: [], leftOut: [], unused: [] };

  const used = new Set<string>();
  const note = (reached: ReadonlyMap<string, string>) => {
    for (const path of paths) if (reached.has(path)) used.add(path);
    return firstOf(reached);
  };
  const near: string[] = [];
  const far: string[] = [];
  for (const test of tests) {
    const reached = anyWay(test);
    if (note(reached) === undefined) continue;
    const isAbout = (path: string) =>
      reached.has(path) &&
      roomOf(path) === roomOf(test) &&
      (mirrors(test, path, roomOf(path)) || (ofWhole.test(test) && !isTest(path)));
    const isNear = all || firstOf(nearBy(test)) !== undefined || paths.some(isAbout);
    (isNear ? near : far).push(test);
  }

  const checks = new Map(always.map((id) => [id, 'always: it takes seconds']));
  for (const [id, program] of Object.entries(programs)) {
    const path = note(nearBy(program, true));
    if (path !== undefined) checks.set(id, `it looks at ${path}`);
  }
  // Alerts have drills.
  const runs = anyWay('e2e/verify/on-own-stack.ts');
  note(runs);
  const run = paths.find((path) => runs.has(path) && !isTest(path) && !/^alerts\/|\.md$/.test(path));
  if (run !== undefined) checks.set('verify', `its stack runs ${run}`);
  if (drills !== undefined) checks.set('drills', drills);
  for (const [id, means] of Object.entries(byMeans)) {
    const path = paths.find((each) => means.test(each) || (all && each === run));
    if (path !== undefined) checks.set(id, `it is about ${path}`);
  }
  if (near.length > 0) checks.set('jest', `${near.length} of ${tests.length} test files`);
  if (['jest', 'verify', 'drills', 'schemathesis'].some((id) => checks.has(id)))
    for (const id of provisions) checks.set(id, 'others need it');
  return { checks, tests: near, leftOut: far, unused: paths.filter((path) => !used.has(path)) };
}

const textHere = (path: string) => readFileSync(join(checkout, path), 'utf8');

/** Reads the checkout; files that a change has removed are still named by those who used them. */
export function readHouse(removed: readonly string[] = []): House {
  const rooms = readRooms();
  const there = filesOf([]);
  const sources = there.map((path) => ({ path, text: textHere(path) }));
  const gone = removed.filter((path) => !there.includes(path)).map((path) => ({ path, text: '' }));
  const arrows = new Map(arrowsOf([...sources, ...gone], rooms));
  for (const { path } of gone) arrows.delete(path);
  return { rooms, arrows };
}

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
}

const rulesIn = (text: string): readonly Rule[] =>
  ((parse(text) ?? {}) as { groups?: readonly { rules: readonly Rule[] }[] }).groups?.flatMap(
    ({ rules }) => rules,
  ) ?? [];

/** Alerts whose rules are not as they were, or that look at a recording rule that isn't. */
export function changedAlerts(before: string, now: string): readonly string[] {
  const rules = rulesIn(now);
  const known = new Set(rulesIn(before).map((rule) => JSON.stringify(rule)));
  const changed = new Set(rules.filter((rule) => !known.has(JSON.stringify(rule))));
  const looksAt = ({ expr }: Rule) =>
    [...changed].some(({ record }) => record !== undefined && expr.includes(record));
  for (let size = -1; size !== changed.size; ) {
    size = changed.size;
    for (const rule of rules) if (looksAt(rule)) changed.add(rule);
  }
  return [...new Set([...changed].flatMap(({ alert }) => alert ?? []))];
}

const ruleFiles = ['sightline', 'backup', 'kubernetes'].map((name) => `alerts/generated/${name}.rules.yaml`);

/** Drills take most of a minute each. */
const mostDrills = 3;

export interface Drills {
  readonly because: string;
  /** Settings of `make drill`. */
  readonly env: Readonly<Record<string, string>>;
}

/** The drills of alerts: all, else one of each, else the few that `make test` runs. */
export function drillsOf(alerts: readonly string[], drills: readonly string[]): Drills | undefined {
  const ofEach = alerts.map((alert) => drills.filter((name) => name.split('/', 1)[0] === alert));
  const names = [ofEach.flat(), ofEach.flatMap(([first = []]) => first)].find(
    ({ length }) => length <= mostDrills,
  );
  if (names?.length === 0) return undefined;
  const about = alerts.length > mostDrills ? `${alerts.length} alerts` : alerts.join(', ');
  return names === undefined
    ? { because: `${about} changed: the quick drills`, env: { QUICK: '1' } }
    : { because: `${about} changed`, env: { ALERT: names.join(','), QUICK: '0' } };
}

/** The drills of the alerts whose rules a change touches, and of those in a file of the table that it touches. */
async function drillsFor({ base, paths }: Change): Promise<Drills | undefined> {
  const ofRules = ruleFiles
    .filter((file) => paths.includes(file))
    .flatMap((file) => changedAlerts(textIn(base, file) ?? '', textHere(file)));
  if (ofRules.length === 0 && !paths.some((path) => path.startsWith('e2e/drills/'))) return undefined;
  const { linksOf } = await import('./runbook-links.ts');
  const { exercises } = await import('@sightline/e2e/drills/run-drills.ts');
  const ofTables = pages.filter((alert) => linksOf(alert).drills.some((path) => paths.includes(path)));
  const alerts = [...new Set([...ofRules, ...ofTables])];
  return alerts.length === 0
    ? { because: 'what runs the drills changed: the quick ones', env: { QUICK: '1' } }
    : drillsOf(
        alerts,
        exercises.map(({ name }) => name),
      );
}

/** The part of `make test` that is run for a change. */
export interface ForChange {
  /** Ids of checks; unset: all of them. */
  readonly ids?: readonly string[];
  /** Test files of jest; unset: all of them. */
  readonly tests?: readonly string[];
  /** Settings of the drills; unset: the quick ones. */
  readonly drills?: Readonly<Record<string, string>>;
  /** Sentences for the beginning: what is run, and why. */
  readonly begins: readonly string[];
  /** Sentences for the end: what isn't run. */
  readonly ends: readonly string[];
}

const list = (names: readonly string[], most = 6) =>
  names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

/** `alerts 4, app 12` */
const byRoom = (tests: readonly string[], rooms: readonly Workspace[]) =>
  [...Map.groupBy(tests, (test) => roomAmong(rooms, test))]
    .map(([room, { length }]) => `${room} ${length}`)
    .join(', ');

/**
 * Says what to run for the change of this checkout.
 * @param environment CHANGED, `1` or `all`, and BASE, the commit to compare with where it isn't main
 * @param ids the checks that there are
 * @throws Error with a sentence when the settings make no sense, or Git knows no base
 */
export async function forChange(
  { CHANGED: changed, BASE: base }: Readonly<Record<string, string | undefined>>,
  ids: readonly string[],
): Promise<ForChange | undefined> {
  if (changed === undefined || changed === '' || changed === '0') return undefined;
  if (changed !== '1' && changed !== 'all') throw new Error(`CHANGED takes 1 or all, and got ${changed}.`);
  const change = changeHere(base || undefined);
  const { paths } = change;
  const title = `Changed since ${change.since} (${change.base.slice(0, 7)}): ${list(paths) || 'nothing'}`;
  const house = readHouse(paths);
  const drills = await drillsFor(change);
  const all = changed === 'all';
  const chosen = select(paths, house, { all, drills: drills?.because });
  if (chosen.everything !== undefined)
    return { begins: [title, `Runs everything: all stands on ${chosen.everything}.`], ends: [] };
  const reasons = Map.groupBy(chosen.checks, ([, because]) => because);
  const rest = ids.filter((id) => !chosen.checks.has(id));
  return {
    ids: [...chosen.checks.keys()],
    tests: chosen.tests,
    ...(drills !== undefined && { drills: drills.env }),
    begins: [
      title,
      ...[...reasons].map(([because, each]) => `  ${each.map(([id]) => id).join(', ')}: ${because}`),
      ...(chosen.tests.length > 0 ? [`  test files: ${byRoom(chosen.tests, house.rooms)}`] : []),
      ...(chosen.unused.length > 0 ? [`  Only the first line looks at ${list(chosen.unused)}.`] : []),
    ],
    ends: [
      `Not run: ${rest.join(', ')}: make test runs them.`,
      ...(chosen.leftOut.length > 0
        ? [
            `Not run: ${chosen.leftOut.length} test files that reach the change by programs of other rooms ` +
              `or by the service as a whole (${byRoom(chosen.leftOut, house.rooms)}): make test CHANGED=all runs them, too.`,
          ]
        : []),
    ],
  };
}
