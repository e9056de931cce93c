import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { inOrder, type Room, readRooms, wrongImports } from '../rooms.ts';

const room = (folder: string, ...uses: string[]): Room => ({
  folder,
  name: `@sightline/${folder}`,
  uses: uses.map((each) => `@sightline/${each}`),
});
const house = [room('contract'), room('app', 'contract'), room('e2e', 'app', 'contract')];

test('the rooms stand in the order of their arrows', () => {
  expect(inOrder(house).map(({ folder }) => folder)).toEqual(['e2e', 'app', 'contract']);
});

test.each([
  ['two that use each other', [room('app', 'stack'), room('stack', 'app')]],
  ['three in a circle', [room('app', 'stack'), room('stack', 'e2e'), room('e2e', 'app')]],
])('%s are refused by name', (_what, rooms) => {
  expect(() => inOrder([...rooms, room('contract')])).toThrow(/circle.*app, stack/);
});

test.each([
  [
    'a path into another room',
    'e2e/verify/a.ts',
    "import { a } from '../../app/src/b.ts';",
    'by its name, @sightline/app',
  ],
  ['a type of it', 'e2e/a.ts', "import type { A } from '../app/src/b.ts';", '@sightline/app'],
  ['what is exported again', 'e2e/a.ts', "export * from '../app/src/b.ts';", '@sightline/app'],
  ['what is imported when it is wanted', 'e2e/a.ts', "await import('../app/src/b.ts');", '@sightline/app'],
  ['a path into no room', 'app/src/a.ts', "import { a } from '../../jest.config.js';", 'once it has one'],
  [
    "another room's test folder",
    'e2e/a.ts',
    "import { a } from '@sightline/app/test/support/b.ts';",
    'is no test',
  ],
  [
    'a resource in what every request meets',
    'app/src/http/a.ts',
    "import { a } from '../todos/b.ts';",
    'of a resource',
  ],
  [
    'a test folder of the same room',
    'app/src/a.ts',
    "import { a } from '../test/support/b.ts';",
    'is no test',
  ],
])('%s is found', (_what, path, text, fault) => {
  expect(wrongImports({ path, text }, house)).toEqual([expect.stringContaining(fault)]);
});

test.each([
  ['another room by its name', 'e2e/a.ts', "import { a } from '@sightline/app/src/b.ts';"],
  ['a file of the same room', 'e2e/verify/a.ts', "import { a } from '../drills/b.ts';"],
  ['a test folder in a test', 'e2e/test/a.test.ts', "import { a } from '@sightline/app/test/support/b.ts';"],
  ['a path in a text', 'e2e/a.ts', "export const a = `import { a } from '../app/src/b.ts';`;"],
])('%s may be imported', (_what, path, text) => {
  expect(wrongImports({ path, text }, house)).toEqual([]);
});

test('of the tests of a room, others are offered support alone', () => {
  const tests = readRooms().flatMap(({ folder, name }) =>
    globSync('test/**/*.ts', { cwd: join(checkout, folder) }).map((path) => `${name}/${path}`),
  );
  // Node itself is asked, by the `exports` of each package.json.
  const program = `
    const isOffered = (name) => {
      try { return import.meta.resolve(name) !== ''; } catch { return false; }
    };
    console.log(JSON.stringify(${JSON.stringify(tests)}.filter(isOffered)));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: checkout,
    encoding: 'utf8',
  });
  const offered: readonly string[] = JSON.parse(output);
  expect(offered).toContain('@sightline/app/test/support/api.ts');
  expect(offered.filter((name) => !name.includes('/test/support/'))).toEqual([]);
});
