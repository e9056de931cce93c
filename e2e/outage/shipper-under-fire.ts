/** The log shipper of a stack: killed while a batch is on its way, and watched meanwhile. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { type FilePosition, loadCheckpoint } from '@sightline/logging/shipper/checkpoint.ts';
import { type ProcessIdentity, signal } from '@sightline/servers/process-identity.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { readRunningState } from '@sightline/stack/native/state.ts';
import { maxMemory } from '@sightline/testkit/memory.ts';

const shipperName = 'log-shipper';
/** A batch takes milliseconds; between two there are tens. */
const tries = 200;
const arrivalMs = 500;
const restartSeconds = 300;

export const shipperStateOf = (stackDirectory: string) => pathsIn(stackDirectory).data(shipperName);

/** The process that runs now and is ready. */
function runningShipper(stackDirectory: string): ProcessIdentity | undefined {
  const component = readRunningState(stackDirectory)?.components[shipperName];
  return component?.state === 'ready' ? (component.process ?? undefined) : undefined;
}

/**
 * Kills the shipper by SIGKILL at a moment when Elasticsearch has a batch of it and the checkpoint doesn't say so, with a
 * rollover between that batch and its resend. For that it is stopped (SIGSTOP) at a guess until the guess is right.
 * @param rotated what the log files may have been renamed to, by their suffix
 * @returns how many bytes of lines the next shipper has to ask for; it runs already
 */
export async function killInFlight(stackDirectory: string, connection: Connection, rotated = '.1') {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const shipper = runningShipper(stackDirectory);
    if (shipper === undefined || !signal(shipper, 'SIGSTOP')) {
      await delay(50);
      continue;
    }
    const doubtful = await arrivedInDoubt(stackDirectory, connection, rotated);
    if (doubtful === undefined) {
      signal(shipper, 'SIGCONT');
      // Not in step with its own clock.
      await delay(20 + Math.random() * 60);
      continue;
    }
    await connection.client.indices.rollover({ alias: dataStream });
    signal(shipper, 'SIGKILL');
    const isBack = () => {
      const next = runningShipper(stackDirectory);
      return next !== undefined && next.started !== shipper.started;
    };
    await waitFor(isBack, restartSeconds, 'The shipper did not come back after SIGKILL');
    return doubtful;
  }
  throw new Error(
    `In ${tries} tries the shipper was never stopped between the arrival of a batch and its checkpoint.`,
  );
}

/** Bytes that may have been sent by the checkpoint, and have arrived; undefined when there are none. */
async function arrivedInDoubt(
  stackDirectory: string,
  connection: Connection,
  rotated: string,
): Promise<number | undefined> {
  const checkpoint = loadCheckpoint(join(shipperStateOf(stackDirectory), 'checkpoint.json'));
  const position = checkpoint?.files.find(({ sent, offset }) => sent > offset);
  const id = position && lastIdSent(position, rotated);
  if (position === undefined || id === undefined) return undefined;
  const deadline = performance.now() + arrivalMs;
  while (performance.now() < deadline) {
    await connection.client.indices.refresh({ index: dataStream });
    const { count } = await connection.client.count({
      index: dataStream,
      query: { ids: { values: [id] } },
    });
    if (count > 0) return position.sent - position.offset;
  }
  return undefined;
}

/** `event.id` of the last line that may have been sent. */
function lastIdSent({ path, inode, offset, sent }: FilePosition, rotated: string): string | undefined {
  const file = [path, `${path}${rotated}`].find(
    (each) => String(statSync(each, { bigint: true, throwIfNoEntry: false })?.ino) === inode,
  );
  const lines = file && readFileSync(file).subarray(offset, sent).toString().trimEnd().split('\n');
  return /"event\.id":"([^"]+)"/.exec(lines?.at(-1) ?? '')?.[1];
}

export interface MemoryWatch {
  /** The most that any process of the shipper had, in bytes; 0 where there is no /proc. */
  stop(): number;
}

/** Watches how much memory the shipper takes, through its restarts. */
export function watchMemory(stackDirectory: string): MemoryWatch {
  let max = 0;
  const look = () => {
    const shipper = runningShipper(stackDirectory);
    max = Math.max(max, (shipper && maxMemory(shipper.pid)) ?? 0);
  };
  const looking = setInterval(look, 500).unref();
  return {
    stop() {
      clearInterval(looking);
      look();
      return max;
    },
  };
}
