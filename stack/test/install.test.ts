import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { identify } from '@sightline/servers/process-identity.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { launch } from './fixtures/stacks.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A checkout of nothing but the installer, and an npm that notes its calls and makes `node_modules/.bin/node`. */
function newCheckout({ npm = 'exit 0', node = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-install-test-'));
  folders.push(folder);
  mkdirSync(join(folder, 'stack'));
  mkdirSync(join(folder, 'bin'));
  copyFileSync(fileURLToPath(new URL('../install.sh', import.meta.url)), join(folder, 'stack/install.sh'));
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const makesNode = node
    ? `mkdir -p node_modules/.bin; ln -sf '${process.execPath}' node_modules/.bin/node`
    : 'mkdir -p node_modules/.bin';
  writeFileSync(join(folder, 'bin/npm'), `#!/bin/sh\necho "$*" >>'${calls}'\n${makesNode}\n${npm}\n`);
  chmodSync(join(folder, 'bin/npm'), 0o755);
  const path = `${join(folder, 'bin')}${delimiter}/usr/bin${delimiter}/bin`;
  const start = (env: NodeJS.ProcessEnv = {}) =>
    launch('/bin/sh', ['stack/install.sh'], { PATH: path, ...env }, folder);
  return {
    folder,
    start,
    run: (env: NodeJS.ProcessEnv = {}) => start(env).finished,
    calls: () =>
      readFileSync(calls, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  };
}

test('installs once, without scripts, and again when the lock file changed', async () => {
  const checkout = newCheckout();
  expect(await checkout.run()).toMatchObject({
    code: 0,
    output: expect.stringMatching(/Installing.*\nInstalled in \d+ s/),
  });
  expect(checkout.calls()).toEqual([
    expect.stringMatching(/^ci --ignore-scripts --prefer-offline --no-audit --no-fund/),
  ]);
  expect(await checkout.run()).toEqual({ code: 0, output: '' });
  expect(checkout.calls()).toHaveLength(1);
  writeFileSync(join(checkout.folder, 'package-lock.json'), '{"changed": true}');
  expect(await checkout.run()).toMatchObject({ code: 0 });
  expect(checkout.calls()).toHaveLength(2);
});

test('a failed installation says so and is done again', async () => {
  const checkout = newCheckout({ npm: 'echo "npm error network" >&2; exit 1' });
  for (const times of [1, 2]) {
    const { code, output } = await checkout.run();
    expect(code).toBe(1);
    expect(output).toContain('npm error network\nnpm could not install the packages');
    expect(checkout.calls()).toHaveLength(times);
  }
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends npm, frees the lock, and the next run installs', async (signal, code) => {
  const checkout = newCheckout({ npm: `echo $$ >npm-pid; exec sleep 60` });
  const installing = checkout.start();
  const pidFile = join(checkout.folder, 'npm-pid');
  await waitFor(
    () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'),
    10,
    'npm did not start',
  );
  installing.child.kill(signal);
  expect(await installing.finished).toMatchObject({ code });
  expect(identify(Number(readFileSync(pidFile, 'utf8')))).toBeUndefined();
  expect(existsSync(join(checkout.folder, '.cache/install.lock'))).toBe(false);
  expect(existsSync(join(checkout.folder, 'node_modules/.sightline-lock'))).toBe(false);
});

test('two at once install once, and a dead one’s lock is taken over', async () => {
  const checkout = newCheckout({ npm: 'sleep 1' });
  const dead = launch('/bin/true', [], {});
  await dead.finished;
  mkdirSync(join(checkout.folder, '.cache/install.lock'), { recursive: true });
  writeFileSync(join(checkout.folder, '.cache/install.lock/pid'), `${dead.child.pid}\n`);
  const results = await Promise.all([checkout.run(), checkout.run(), checkout.run()]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(checkout.calls()).toHaveLength(1);
});

test.each([{}, { STACK_DIR: 'elsewhere' }])('never installs under a running stack (%j)', async (env) => {
  const checkout = newCheckout();
  const supervisor = launch(
    process.execPath,
    ['-e', 'setInterval(() => {}, 1000)', 'supervisor.ts'],
    process.env,
  );
  const directory = join(checkout.folder, env.STACK_DIR ?? '.stack');
  mkdirSync(directory);
  writeFileSync(
    join(directory, 'state.json'),
    JSON.stringify({ supervisor: { pid: supervisor.child.pid } }, null, 2),
  );
  const { code, output } = await checkout.run(env);
  supervisor.child.kill('SIGKILL');
  await supervisor.finished;
  expect(code).toBe(1);
  expect(output).toContain('Run `make down` first');
  expect(checkout.calls()).toEqual([]);
  expect(await checkout.run(env)).toMatchObject({ code: 0 });
});

test('npm missing is a sentence', async () => {
  const checkout = newCheckout();
  const bin = join(checkout.folder, 'bare');
  mkdirSync(bin);
  for (const tool of ['sh', 'cat', 'cksum', 'uname', 'mkdir', 'rm', 'dirname', 'sed', 'ps']) {
    symlinkSync(existsSync(`/usr/bin/${tool}`) ? `/usr/bin/${tool}` : `/bin/${tool}`, join(bin, tool));
  }
  const { code, output } = await checkout.run({ PATH: bin });
  expect({ code, output }).toMatchObject({ code: 1, output: expect.stringMatching(/^npm is missing.*\n$/) });
});

test('where npm has no Node, one of the PATH is used when it is new enough', async () => {
  const checkout = newCheckout({ node: false });
  const fake = join(checkout.folder, 'bin/node');
  writeFileSync(fake, '#!/bin/sh\necho v20.1.0\n', { mode: 0o755 });
  expect(await checkout.run()).toMatchObject({
    code: 1,
    output: expect.stringMatching(/the node on the PATH is too old \(v20\.1\.0\)/),
  });
  writeFileSync(fake, '#!/bin/sh\necho v26.10.0\n', { mode: 0o755 });
  expect(await checkout.run()).toMatchObject({ code: 0, output: expect.stringContaining('using') });
  expect(await checkout.run()).toEqual({ code: 0, output: '' });
});
