import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ofThisPlace } from '../python-environment.ts';

let venv: string;
beforeEach(() => {
  venv = mkdtempSync(join(tmpdir(), 'sightline-venv-'));
  mkdirSync(join(venv, 'bin'));
});
afterEach(() => rmSync(venv, { recursive: true, force: true }));

test('a script of an environment that was moved runs in the environment where it is now', async () => {
  const script = join(venv, 'bin/tool');
  // Node stands in for Python: what is asked is only which program the first line names.
  symlinkSync(process.execPath, join(venv, 'bin/python'));
  writeFileSync(script, '#!/gone/venv/bin/python3.11\nconsole.log(process.argv[1])\n', { mode: 0o755 });
  expect(() => execFileSync(script, { stdio: 'pipe' })).toThrow('ENOENT');
  await ofThisPlace(venv);
  expect(execFileSync(script, { encoding: 'utf8' }).trim()).toBe(script);
});

test('programs and scripts of other languages stay as they are', async () => {
  const others = {
    program: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0x0a, 0x00]),
    shell: Buffer.from('#!/bin/sh\n'),
  };
  for (const [name, bytes] of Object.entries(others)) writeFileSync(join(venv, 'bin', name), bytes);
  await ofThisPlace(venv);
  for (const [name, bytes] of Object.entries(others))
    expect(readFileSync(join(venv, 'bin', name))).toEqual(bytes);
});
