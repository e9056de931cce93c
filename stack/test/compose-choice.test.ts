/** Whether `make up` is about containers or processes, on a machine without Docker; with it: `make test-compose`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { identify } from '@sightline/servers/process-identity.ts';
import { checkout } from '@sightline/settings/checkout.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-choice-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A command of the Makefile, with nothing on the PATH. */
function run(command: string, environment: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['stack/cli.ts', command], {
    cwd: checkout,
    encoding: 'utf8',
    env: { PATH: folder, STACK_DIR: join(folder, 'stack'), ...environment },
  });
  return { status, stdout, stderr };
}

describe('make up', () => {
  test('says in a line why it goes native', () => {
    // Of which there is none, so that nothing is started.
    const { status, stdout, stderr } = run('up', { COMPONENTS: 'nothing' });
    expect(stdout).toBe('Natively, since no Docker daemon answers.\n');
    expect(stderr).toContain('There is no component "nothing". Known: postgresql, migrate, api,');
    expect(status).toBe(1);
  });

  test('does not talk about Docker to those who want none', () => {
    expect(run('up', { COMPONENTS: 'nothing', STACK: 'native' }).stdout).toBe('');
  });

  test('ends with a sentence when it can have no Docker and shall', () => {
    expect(run('up', { STACK: 'docker' })).toEqual({
      status: 1,
      stdout: '',
      stderr: "STACK=docker can't be: no Docker daemon answers.\n",
    });
  });

  test('says what STACK takes', () => {
    const { status, stderr } = run('up', { STACK: 'podman' });
    expect([status, stderr]).toEqual([1, 'STACK is "podman"; it takes native or docker.\n']);
  });
});

describe('A stack that runs', () => {
  beforeEach(() => {
    // What a supervisor leaves behind; this process stands for it.
    const record = { supervisor: identify(process.pid), ports: {}, components: {} };
    spawnSync('mkdir', [join(folder, 'stack')]);
    writeFileSync(join(folder, 'stack/state.json'), JSON.stringify(record));
  });

  test('natively is not started once more in Docker', () => {
    expect(run('up', { STACK: 'docker' })).toMatchObject({
      status: 1,
      stderr: 'A native stack runs here: make down first.\n',
    });
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

(hasOpenssl ? test : test.skip)(
  `The logs of a stack in Docker are shown with nothing in them that could deceive a terminal${hasOpenssl ? '' : ' (skipped: openssl is not on the PATH)'}`,
  () => {
    const says = `case "$*" in *" logs "*) printf 'out\\342\\200\\250\\033[2J\\n'; printf 'err\\342\\200\\256\\n' >&2;; esac`;
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    const PATH = `${folder}:${process.env['PATH']}`;
    expect(run('logs', { PATH, STACK: 'docker' })).toEqual({
      status: 0,
      stdout: 'out\\u2028\\u001b[2J\n',
      stderr: 'err\\u202e\n',
    });
  },
);

describe('A stack that runs in Docker', () => {
  beforeEach(() => {
    spawnSync('mkdir', [join(folder, 'stack')]);
    const record = { isRunning: true, ports: {}, services: ['postgresql'] };
    writeFileSync(join(folder, 'stack/compose.json'), JSON.stringify(record));
  });

  test('is not started once more natively', () => {
    expect(run('up', { STACK: 'native' })).toMatchObject({
      status: 1,
      stderr: 'A docker stack runs here: make down first.\n',
    });
  });

  test('has no API that could be restarted at each save', () => {
    expect(run('dev')).toMatchObject({
      status: 1,
      stderr: 'The stack runs in Docker, and `make dev` restarts a native API: make down first.\n',
    });
  });

  test('is asked by make status, which says when there is no Docker any more', () => {
    expect(run('status')).toMatchObject({ status: 1, stderr: 'There is no docker on the PATH.\n' });
  });
});
