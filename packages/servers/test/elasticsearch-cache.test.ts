import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { unprivilegedIdentity } from '../unprivileged.ts';

const asRoot = process.getuid?.() === 0 ? test : test.skip;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sightline-home-test-'));
  // As Debian has root's.
  chmodSync(home, 0o700);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The folder of Elasticsearch, as a program with this home folder finds it. */
function folderWith(environment: NodeJS.ProcessEnv): string {
  const module = join(import.meta.dirname, '../elasticsearch/distribution.ts');
  const script = `console.log((await import(${JSON.stringify(module)})).elasticsearchFolder())`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home, ...environment },
  });
  expect(stderr).toBe('');
  return dirname(stdout.trim());
}

test('Elasticsearch is in the home folder of the user, though others may not enter it', () => {
  expect(folderWith({})).toBe(join(home, '.cache/sightline/elasticsearch'));
});

asRoot(
  'where no user namespace gets Elasticsearch into the home folder of root, it is in the checkout',
  () => {
    const programs = join(home, 'bin');
    mkdirSync(programs);
    writeFileSync(join(programs, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const PATH = `${programs}:${process.env['PATH']}`;
    expect(folderWith({ PATH })).toBe(join(checkout, '.cache/elasticsearch'));
    expect(folderWith({ PATH, SIGHTLINE_CACHE: join(home, 'given') })).toBe(
      join(home, 'given/elasticsearch'),
    );
    chmodSync(home, 0o711);
    expect(folderWith({ PATH })).toBe(join(home, '.cache/sightline/elasticsearch'));
  },
);

asRoot('a program in the home folder of root runs, and not as root', () => {
  const cache = join(home, '.cache/sightline/elasticsearch');
  mkdirSync(cache, { recursive: true });
  const program = join(cache, 'program');
  writeFileSync(program, '#!/bin/sh\nid -u\n', { mode: 0o755 });
  const data = join(tmpdir(), 'data');
  const { command, args } = unprivilegedIdentity('true', data, [cache]).wrap({ command: program, args: [] });
  const { stdout } = spawnSync(command, args, { encoding: 'utf8', cwd: '/' });
  expect(Number(stdout)).toBeGreaterThan(0);
});
