/** Processes that a run of `make test` leaves behind: found by a variable that all of them inherit, read from Linux's /proc. */
import { readdirSync } from 'node:fs';
import { commandLine, identify, killIfThere, readIfReadable } from '@sightline/servers/process-identity.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import type { Run } from './program.ts';
import { timesVariable } from './timeline/test-times.ts';

/** How long guardians have, which stop a stack and remove its folder after who started it has ended. */
const patienceMs = 60_000;

/** Ids of the processes that were started with this value of a variable, or by one that was. */
function startedWith(variable: string, value: string): readonly number[] {
  const setting = `${variable}=${value}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) =>
        readIfReadable(`/proc/${pid}/environ`)?.split('\0').includes(setting) && identify(pid) !== undefined,
    );
}

/**
 * Waits until nothing runs that a check has started. What then is still there is killed, and named.
 * @throws CheckFailed with the command line of each
 */
export async function endLeftovers({ times }: Pick<Run, 'times'>, waitMs = patienceMs): Promise<string> {
  const left = () => startedWith(timesVariable, times);
  await eventually(() => left().length === 0, waitMs).catch(() => {});
  const named = left().map((pid) => ({ pid, command: commandLine(pid)?.slice(0, 200) ?? 'already gone' }));
  if (named.length === 0) return '';
  for (const { pid } of named) killIfThere(pid, 'SIGKILL');
  throw new CheckFailed(named.map(({ pid, command }) => `Process ${pid} still ran: ${command}`));
}
