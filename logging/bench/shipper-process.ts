import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { maxMemory } from '@sightline/testkit/memory.ts';
import { shipperLaunch } from '../shipper/launch.ts';

/** The shipper as a process of its own. */
export interface ShipperProcess {
  readonly child: ChildProcess;
  /** Its output so far. */
  readonly output: () => string;
  /** @returns the exit code, or the signal it died of */
  readonly ended: Promise<number | string>;
  /** Samples of its /metrics, by series. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  get(path: string): Promise<Response>;
  /** Most memory it has had, in bytes; undefined where there is no /proc. */
  maxMemory(): number | undefined;
}

/** A replay of the dead letters. */
export interface Replay {
  readonly child: ChildProcess;
  /** All it said. */
  readonly ended: Promise<string>;
}

/** Starts one with the settings of a shipper. */
export function startReplay(environment: Readonly<Record<string, string>>): Replay {
  const { args, env } = shipperLaunch('replay.ts', environment['SHIPPER_STATE_DIRECTORY'] ?? tmpdir());
  const child = spawn(process.execPath, args, {
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const part of [child.stdout, child.stderr])
    part.setEncoding('utf8').on('data', (text) => (output += text));
  return { child, ended: once(child, 'close').then(() => output) };
}

/** Starts it on a free port and waits until it works. It dies with the tests. */
export async function startShipper(environment: Readonly<Record<string, string>>): Promise<ShipperProcess> {
  const { args, env } = shipperLaunch('main.ts', environment['SHIPPER_STATE_DIRECTORY'] ?? tmpdir());
  const child = spawn(process.execPath, args, {
    env: {
      ...env,
      PATH: process.env['PATH'],
      SHIPPER_PORT: '0',
      // Patience is for real stacks.
      SHIPPER_RETRY_MS: '500',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  let hasEnded = false;
  const ended = once(child, 'close').then(([code, signal]) => {
    process.off('exit', killWithTests);
    hasEnded = true;
    return (code ?? signal) as number | string;
  });
  const url = () => /metrics at (http:\S+)\/metrics/.exec(output)?.[1];
  await eventually(() => hasEnded || url() !== undefined);
  const get = (path: string) => fetch(`${url()}${path}`);
  return {
    child,
    output: () => output,
    ended,
    get,
    metrics: async () => samplesOf(await (await get('/metrics')).text()),
    maxMemory: () => maxMemory(child.pid),
  };
}
