/** The recipe of CONTRIBUTING.md, "Add a field", is followed on a copy of what is tracked. */
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');

/** A new file, or the lines of a diff in one that is there. */
interface Change {
  readonly path: string;
  readonly kind: string;
  readonly text: string;
}

async function readRecipe(): Promise<Change[]> {
  const page = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const [, recipe = ''] = page.split(/^## Add a field$/m);
  const [section = ''] = recipe.split(/^## /m);
  return section.split(/^\d\. /m).flatMap((step) => {
    const [, path] = /`([^`\n]+\/[^`\n]+\.ts)`/.exec(step) ?? [];
    const [, kind, text] = /^ {3}```(ts|diff)\n(.*?)^ {3}```/ms.exec(step) ?? [];
    return path && kind && text !== undefined ? [{ path, kind, text: text.replace(/^ {3}/gm, '') }] : [];
  });
}

/** The text with each part of a diff done, whose lines before the change have to stand in it once. */
function apply(text: string, diff: string): string {
  return diff.split(/^@@\n/m).reduce((changed, part) => {
    const without = (sign: string) =>
      part
        .split(/(?<=\n)/)
        .filter((line) => !line.startsWith(sign))
        .map((line) => line.slice(1))
        .join('');
    const parts = changed.split(without('+'));
    expect({ part, places: parts.length - 1 }).toEqual({ part, places: 1 });
    return parts.join(without('-'));
  }, text);
}

let copy: string;
let changes: Change[];

beforeAll(async () => {
  changes = await readRecipe();
  copy = await realpath(await mkdtemp(join(tmpdir(), 'add-a-field-')));
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const path of tracked.split('\0').filter((name) => name !== ''))
    await cp(join(root, path), join(copy, path), { recursive: true });
  await mkdir(join(copy, 'node_modules'));
  // The workspaces are links beside each other, which lead to those of the copy.
  await cp(join(root, 'node_modules/@sightline'), join(copy, 'node_modules/@sightline'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@sightline')
      await symlink(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const room of ['app', 'packages/testkit'])
    await symlink(join(root, room, 'node_modules'), join(copy, room, 'node_modules'));

  for (const { path, kind, text } of changes) {
    const file = join(copy, path);
    await mkdir(dirname(file), { recursive: true });
    if (kind === 'ts') await writeFile(file, text, { flag: 'wx' });
    else await writeFile(file, apply(await readFile(file, 'utf8'), text));
  }
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** Runs a program of npm in the copy, and fails with what it said. */
async function run(program: string, ...parameters: string[]): Promise<void> {
  const options = { cwd: copy, encoding: 'utf8', maxBuffer: 2 ** 24 } as const;
  try {
    await promisify(execFile)(process.execPath, [program, ...parameters], options);
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

test('a new optional field takes four files at most, of which none is a page or a benchmark', () => {
  const paths = new Set(changes.map(({ path }) => path));
  expect(paths.size).toBe(4);
  for (const path of paths) expect(path).toMatch(/^app\/(src|test)\//);
});

test('the service has it then, in types and over HTTP, and the tour and the peers go on', async () => {
  const settings = { extends: './tsconfig.json', include: ['app'], exclude: ['node_modules'] };
  await writeFile(join(copy, 'tsconfig.app.json'), JSON.stringify(settings));
  // On the PostgreSQL of this run.
  await writeFile(
    join(copy, 'jest.copy.js'),
    `import config from './jest.config.js';
const { globalSetup, globalTeardown, ...rest } = config;
export default { ...rest, rootDir: import.meta.dirname };
`,
  );
  const jest = (...parameters: string[]) =>
    run(
      'node_modules/jest/bin/jest.js',
      '--config=jest.copy.js',
      '--runInBand',
      '--runTestsByPath',
      ...parameters,
    );
  const bench = 'loadtest/test/bench.test.ts';
  const newTests = changes.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'));
  await run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.app.json');
  await jest(...newTests, 'app/test/readme.test.ts', 'app/test/todos/todos.test.ts');
  await jest(bench, '--testNamePattern=as the service does');
});
