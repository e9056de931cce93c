import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { arrowsOf } from '../arrows.ts';
import type { Change } from '../change.ts';
import { changedAlerts, drillsOf, type House, readHouse, type Selection, select } from '../changed.ts';
import { checks } from '../checks.ts';
import { repository, run, temporaryFolder } from './workflows/support.ts';

const rooms = [
  { folder: 'app', name: '@sightline/app' },
  { folder: 'stack', name: '@sightline/stack' },
];

/** The arrows of one file, in a house of these files. */
function usedBy(path: string, files: Readonly<Record<string, string>>) {
  const sources = Object.entries(files).map(([each, text]) => ({ path: each, text }));
  return Object.fromEntries(arrowsOf(sources, rooms).get(path) ?? []);
}

describe('a file uses', () => {
  test.each([
    ['what it imports of its room', "import { b } from './b.ts';", { 'app/b.ts': 'loads' }],
    ['what it imports of another', "export * from '@sightline/stack/c.ts';", { 'stack/c.ts': 'loads' }],
    ['what it imports when it is wanted', "await import('./b.ts');", { 'app/b.ts': 'loads' }],
    ['no types, which are gone when it runs', "import type { B } from './b.ts';", {}],
    ['a program, by its path from the root', "spawn(node, ['stack/c.ts']);", { 'stack/c.ts': 'names' }],
    ['a page, by its path from its folder', "read(new URL('../docs/d.md', base));", { 'docs/d.md': 'names' }],
    [
      'a file of a path in pieces',
      "join(checkout, 'stack', 'rules', 'e.yaml');",
      { 'stack/rules/e.yaml': 'names' },
    ],
    ['a file behind what is put in', 'run(`$' + '{checkout}/stack/c.ts`);', { 'stack/c.ts': 'names' }],
    [
      'each file that a pattern may mean',
      'read(`../stack/rules/$' + '{name}.yaml`);',
      { 'stack/rules/e.yaml': 'holds' },
    ],
    ['each file of a folder', "read('stack/rules');", { 'stack/rules/e.yaml': 'holds' }],
    [
      'each file of a folder where the rest is not written',
      "join(import.meta.dirname, '../stack', name);",
      { 'stack/c.ts': 'holds', 'stack/rules/e.yaml': 'holds' },
    ],
    [
      'its own folder, where it starts something',
      'run({ cwd: import.meta.dirname });',
      { 'app/b.ts': 'beside' },
    ],
    [
      'what it lets jsonnet import',
      `evaluate("(import 'stack/rules/e.yaml')");`,
      { 'stack/rules/e.yaml': 'names' },
    ],
    ['no word of a sentence', "say('Look into stack/c.ts, please.');", {}],
    ['no address', "get('/docs/d.md');", {}],
  ])('%s', (_what, text, expected) => {
    const files = {
      'app/b.ts': '',
      'stack/c.ts': '',
      'stack/rules/e.yaml': '',
      'docs/d.md': '',
    };
    expect(usedBy('app/a.ts', { ...files, 'app/a.ts': text })).toEqual(expected);
  });

  test.each([
    ['what jsonnet imports', 'a.libsonnet', "(import 'lib/b.libsonnet') + importstr 'c.txt'", 'loads'],
    [
      'the manifests of a kustomization',
      'a.yaml',
      'resources:\n  - lib/b.libsonnet\n  - c.txt # d.txt\n',
      'names',
    ],
  ])('%s', (_what, name, text, arrow) => {
    const files = { 'stack/lib/b.libsonnet': '', 'stack/c.txt': '', 'stack/d.txt': '' };
    expect(usedBy(`stack/${name}`, { ...files, [`stack/${name}`]: text })).toEqual({
      'stack/lib/b.libsonnet': arrow,
      'stack/c.txt': arrow,
    });
  });
});

describe('in this checkout', () => {
  const removed = 'app/test/todos/removed.test.ts';
  let house: House;
  beforeAll(() => {
    house = readHouse([removed]);
  });
  const chosen = (...paths: string[]): Selection => select(paths, house);

  test.each([
    [
      'a rule',
      ['alerts/alerts/database.libsonnet'],
      ['alerts/test/rules.test.ts', 'alerts/test/mixin.test.ts'],
    ],
    ['the rules as they are read', ['alerts/generated/sightline.rules.yaml'], ['stack/test/compose.test.ts']],
    [
      'a file of the todos',
      ['app/src/todos/search.ts'],
      ['app/test/todos/search.test.ts', 'app/test/database/search-words.test.ts', 'app/test/ledger.test.ts'],
    ],
    ['the connection that all requests need', ['app/src/http/server.ts'], ['app/test/users/users.test.ts']],
    ['a program of the backups, by what it uses', ['backup/storage/s3.ts'], ['backup/test/s3.test.ts']],
    [
      'a panel',
      ['dashboards/api.libsonnet'],
      ['dashboards/test/queries.test.ts', 'dashboards/test/lint.test.ts'],
    ],
    ['a manifest', ['kubernetes/base/deployment.yaml'], ['kubernetes/test/policy.test.ts']],
    ['a variable of Terraform', ['terraform/modules/network/main.tf'], ['terraform/test/refusals.test.ts']],
    ['a page', ['docs/glossary.md'], ['ci/test/markdown.test.ts']],
    ['the README, whose commands are run', ['README.md'], ['app/test/readme.test.ts']],
    ['a program that is started', ['monitoring/webhook/server.ts'], ['monitoring/test/webhook.test.ts']],
    ['a test', ['app/test/config.test.ts'], ['app/test/config.test.ts']],
  ])('%s brings the tests that notice it', (_what, paths, expected) => {
    expect(chosen(...paths).tests).toEqual(expect.arrayContaining(expected));
  });

  test.each([
    [
      'a rule',
      'alerts/alerts/database.libsonnet',
      ['app/test/todos/todos.test.ts', 'stack/test/stack.test.ts'],
    ],
    [
      'a file of the todos',
      'app/src/todos/search.ts',
      ['app/test/users/users.test.ts', 'alerts/test/rules.test.ts'],
    ],
    ['a page', 'docs/glossary.md', ['app/test/todos/todos.test.ts']],
    ['a panel', 'dashboards/api.libsonnet', ['alerts/test/rules.test.ts', 'app/test/todos/todos.test.ts']],
  ])('%s brings no test that is about something else', (_what, path, others) => {
    const { tests } = chosen(path);
    expect(tests.filter((each) => others.includes(each))).toEqual([]);
  });

  test('what reaches a change only by the whole service is named, and run by CHANGED=all', () => {
    const path = 'app/src/todos/search.ts';
    const { tests, leftOut } = chosen(path);
    expect(leftOut).toContain('app/test/users/users.test.ts');
    expect(select([path], house, { all: true }).tests.toSorted()).toEqual([...tests, ...leftOut].toSorted());
  });

  test.each([
    ['a manifest', 'kubernetes/base/deployment.yaml', ['kubernetes']],
    ['a rule that a manifest holds', 'alerts/generated/prometheus-rule.yaml', ['kubernetes']],
    ['a variable of Terraform', 'terraform/modules/network/main.tf', ['terraform', 'terraform-aws']],
    ['a workflow', '.github/workflows/ci.yml', ['workflows']],
    ['a route', 'app/src/todos/routes.ts', ['schemathesis', 'verify']],
    ['a panel', 'dashboards/generated/api.json', ['kubernetes', 'verify']],
    ['the shipper', 'logging/shipper/follower.ts', ['verify', 'logs-outage']],
    ['a fault of chaos', 'e2e/chaos/faults.ts', ['chaos']],
    ['the image', 'Dockerfile', ['image', 'verify']],
    ['a page', 'docs/glossary.md', []],
  ])('%s brings the checks of its kind', (_what, path, expected) => {
    const { checks: brought } = chosen(path);
    const kinds =
      'kubernetes terraform terraform-aws workflows schemathesis verify logs-outage chaos image drills';
    expect(
      kinds
        .split(' ')
        .filter((id) => brought.has(id))
        .toSorted(),
    ).toEqual(expected.toSorted());
  });

  test.each([
    'package-lock.json',
    'app/package.json',
    'tsconfig.json',
    'jest.config.js',
    'ci/run.ts',
    'packages/servers/postgresql.ts',
  ])('everything stands on %s', (path) => {
    expect(chosen('docs/glossary.md', path).everything).toBe(path);
  });

  test('a test that was removed is not run', () => {
    expect(chosen(removed).tests).not.toContain(removed);
  });

  test('a file that nothing uses is named', () => {
    expect(chosen('docs/glossary.md', 'nobody/knows.bin').unused).toEqual(['nobody/knows.bin']);
  });

  test('each check of the table is one that a change can bring, or looks at all tests', () => {
    const paths = [
      'app/src/todos/routes.ts',
      'logging/shipper/follower.ts',
      'e2e/chaos/faults.ts',
      'Dockerfile',
    ];
    const others = [
      'kubernetes/base/deployment.yaml',
      'terraform/modules/network/main.tf',
      '.github/workflows/ci.yml',
    ];
    const { checks: brought } = select([...paths, ...others], house, { drills: 'a rule' });
    expect(checks.map(({ id }) => id).filter((id) => !brought.has(id))).toEqual(['signals']);
  });
});

describe('the drills of a change', () => {
  const rules = (...each: object[]) => JSON.stringify({ groups: [{ name: 'a', rules: each }] });
  const ratio = { record: 'a:ratio', expr: 'a / b' };
  const burn = { alert: 'Burn', expr: 'a:ratio > 1' };
  const down = { alert: 'Down', expr: 'up == 0', for: '1m' };

  test.each([
    ['a threshold', rules(ratio, burn, { ...down, for: '2m' }), ['Down']],
    ['what an alert looks at', rules({ ...ratio, expr: 'a / c' }, burn, down), ['Burn']],
    ['a new alert', rules(ratio, burn, down, { alert: 'New', expr: '1' }), ['New']],
    ['an alert that is gone', rules(ratio, burn), []],
    ['nothing', rules(ratio, burn, down), []],
  ])('are those of the alerts that differ: %s', (_what, now, expected) => {
    expect(changedAlerts(rules(ratio, burn, down), now)).toEqual(expected);
  });

  const drills = ['A/one', 'A/two', 'B', 'C/one', 'C/two', 'D', 'E'];
  test.each([
    ['all of one alert', ['A'], 'A/one,A/two'],
    ['one of each of a few', ['A', 'B', 'C'], 'A/one,B,C/one'],
    ['the quick ones of many', ['A', 'B', 'C', 'D'], undefined],
  ])('are %s', (_what, alerts, expected) => {
    expect(drillsOf(alerts, drills)?.env['ALERT']).toBe(expected);
  });

  test('are none where an alert has none', () => {
    expect(drillsOf(['JobFailed'], drills)).toBeUndefined();
  });
});

describe('what was changed', () => {
  function changeIn(cwd: string, base?: string): Change {
    const program = `import { changeHere } from ${JSON.stringify(join(checkout, 'ci/change.ts'))};
      console.log(JSON.stringify(changeHere(${JSON.stringify(base)})));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd,
      encoding: 'utf8',
    });
    return JSON.parse(output) as Change;
  }
  const write = (path: string, file: string) => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), 'not committed');
  };

  test('is what a branch has since it left main, committed or not', () => {
    using folder = temporaryFolder();
    const { path, commit, git } = repository(folder.path);
    commit('Begin', 'app/a.ts', 'app/b.ts');
    git('switch', '--quiet', '--create', 'branch');
    commit('Here', 'docs/a.md');
    write(path, 'app/b.ts');
    write(path, 'new/c.ts');
    git('switch', '--quiet', '--create', 'other', 'main');
    git('switch', '--quiet', 'branch');
    expect(changeIn(path)).toMatchObject({
      since: 'main',
      paths: ['app/b.ts', 'docs/a.md', 'new/c.ts'],
    });
    expect(changeIn(path, 'HEAD')).toMatchObject({ since: 'HEAD', paths: ['app/b.ts', 'new/c.ts'] });
  });

  test('is on main what is not pushed, and else the last commit', () => {
    using folder = temporaryFolder();
    const { path, commit, push } = repository(folder.path);
    commit('Begin', 'a.md');
    commit('Pushed', 'b.md');
    push();
    expect(changeIn(path)).toMatchObject({ since: 'the commit before the last', paths: ['b.md'] });
    commit('Not pushed', 'c.md');
    expect(changeIn(path)).toMatchObject({ since: 'origin/main', paths: ['c.md'] });
  });

  test('a base that Git does not know is a sentence, as is a setting that is none', async () => {
    const wrong = await run('ci/run.ts', [], { env: { CHANGED: '1', BASE: 'no-such-commit' } });
    expect(wrong).toEqual({ code: 1, output: 'There is no commit BASE=no-such-commit.\n' });
    const other = await run('ci/run.ts', [], { env: { CHANGED: 'yes' } });
    expect(other).toEqual({ code: 1, output: 'CHANGED takes 1 or all, and got yes.\n' });
  });
});
