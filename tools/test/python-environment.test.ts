import { execFile, execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

test('an environment is made once by several processes, and anew when it was cut off or its Python has gone', async () => {
  const programs = join(venv, 'programs');
  const calls = join(venv, 'calls');
  const requirements = join(venv, 'requirements.txt');
  const interpreter = join(venv, 'python3.99');
  mkdirSync(programs);
  for (const file of [requirements, calls, interpreter]) writeFileSync(file, '');
  writeFileSync(
    join(programs, 'python3'),
    `#!/bin/sh
if [ "$1 $2" = '-m venv' ]; then
  mkdir -p "$3/bin"
  cp "$0" "$3/bin/python"
  echo 'executable = ${interpreter}' >"$3/pyvenv.cfg"
fi
case $* in *install*) echo install >>'${calls}'; sleep 1 ;; esac
`,
    { mode: 0o755 },
  );
  const cache = join(venv, 'cache');
  const make = async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, 'fixtures/python.ts'), requirements],
      { env: { PATH: `${programs}:/usr/bin:/bin`, SIGHTLINE_CACHE: cache } },
    );
    return stdout.trim();
  };
  const installations = () => readFileSync(calls, 'utf8').split('\n').length - 1;

  const [made = '', ...others] = await Promise.all([make(), make(), make()]);
  expect(others).toEqual([made, made]);
  expect(installations()).toBe(1);
  rmSync(join(made, 'complete'));
  expect(await make()).toBe(made);
  expect(installations()).toBe(2);
  rmSync(interpreter);
  expect(await make()).toBe(made);
  expect(installations()).toBe(3);
  writeFileSync(interpreter, '');
  expect(await make()).toBe(made);
  expect(installations()).toBe(3);
  writeFileSync(requirements, 'other==1\n');
  expect(await make()).not.toBe(made);
  expect(readdirSync(join(cache, 'python'))).toHaveLength(2);
});
