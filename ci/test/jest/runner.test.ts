/** The runner of all test files, by runs of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';

const { globalSetup, globalTeardown, ...config } = (await import(join(checkout, 'jest.config.js'))).default;

/** Runs these fixtures in one worker. @returns jest's exit code, and what it says */
function runJest(...fixtures: readonly string[]) {
  const own = { ...config, rootDir: checkout, testMatch: ['<rootDir>/ci/test/jest/fixtures/*.ts'] };
  const paths = fixtures.map((name) => `ci/test/jest/fixtures/${name}.ts`);
  const args = ['node_modules/jest/bin/jest.js', `--config=${JSON.stringify(own)}`, '--runInBand'];
  const { status, stderr } = spawnSync(process.execPath, [...args, '--runTestsByPath', ...paths], {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  return { status, said: stderr };
}

test('a test file finds no module, variable or directory as another left it, but libraries loaded', () => {
  const { status, said } = runJest('leaves-one', 'leaves-two');
  expect(said).toContain('Tests:       2 passed, 2 total');
  expect(status).toBe(0);
});

test('a failure names its file and line as an editor takes them, wherever it is thrown', () => {
  const { status, said } = runJest('fails', 'does-not-load');
  expect(status).toBe(1);
  for (const place of ['fails.ts:4:13', 'fails.ts:8:11', 'fails.ts:13:9', 'does-not-load.ts:1:7'])
    expect(said).toMatch(new RegExp(`[ (]ci/test/jest/fixtures/${place.replaceAll('.', '\\.')}`));
  expect(said).not.toMatch(/\?test=|runner\.ts/);
});
