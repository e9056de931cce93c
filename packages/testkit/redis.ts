import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { freePort } from '@sightline/servers/free-port.ts';
import { eventually } from './eventually.ts';

const installed = spawnSync('redis-server', ['--version']).status === 0;

/** A test that needs Debian's redis-server; without it on the PATH the test is skipped, and its name says why. */
export function testWithRedis(name: string, run: () => Promise<void>): void {
  if (installed) test(name, run);
  else test.skip(`${name} (skipped: redis-server is not on the PATH; apt-get install redis-server)`, run);
}

/** A real Redis of a test's own. */
export interface TestRedis {
  readonly url: string;
  readonly password: string;
  /** Stops it without a word: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Kills it. */
  kill(): Promise<void>;
  /** Starts it again at the same port, empty. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** The access that a Redis grants: lines of its configuration, and the log-in that they allow. */
export interface RedisAccess {
  readonly lines: string;
  readonly user: string;
  readonly password: string;
}

const byPassword: RedisAccess = {
  lines: 'requirepass hunter2-of-redis',
  user: '',
  password: 'hunter2-of-redis',
};

/** Starts a Redis that keeps nothing, asks for a password, and listens on loopback alone. */
export async function startRedis({ lines, user, password } = byPassword): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const configuration = join(folder, 'redis.conf');
  await writeFile(
    configuration,
    `bind 127.0.0.1\nport ${port}\ndir ${folder}\nsave ""\nappendonly no\n${lines}\n`,
    { mode: 0o600 },
  );
  let child: ChildProcess | undefined;
  const killWithTests = () => child?.kill('SIGKILL');
  process.once('exit', killWithTests);

  async function start(): Promise<void> {
    child = spawn('redis-server', [configuration], { stdio: 'ignore' });
    await eventually(() => accepts(port));
  }
  async function kill(): Promise<void> {
    if (!child) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
    child = undefined;
  }

  await start();
  return {
    url: `redis://${user}:${password}@127.0.0.1:${port}`,
    password,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    kill,
    start,
    async stop() {
      await kill();
      process.off('exit', killWithTests);
      await rm(folder, { recursive: true });
    },
  };
}
