import { rmSync } from 'node:fs';
import type { Guarded } from '@sightline/servers/guardian.ts';
import { lockHolder } from '@sightline/servers/lock.ts';
import { isRunning, killIfThere, type ProcessIdentity, signal } from '@sightline/servers/process-identity.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { ask } from './control.ts';
import { readState, type StackState } from './state.ts';

/** Longer than any component's stop deadlines in a row. */
const shutdownSeconds = 180;
const orphanSeconds = 40;
const upSeconds = 200;

/**
 * Stops everything that was started for this folder, an `up` that is still at it included, and keeps the data.
 * Returns whether there was anything. Throws when a process doesn't end.
 */
export async function stopStack(stackDirectory: string): Promise<boolean> {
  const up = lockHolder(pathsIn(stackDirectory).lock);
  if (up !== undefined && up.pid !== process.pid && signal(up, 'SIGTERM')) {
    await waitFor(() => !isRunning(up), upSeconds, `\`make up\` (process ${up.pid}) did not stop`);
  }
  const state = readState(stackDirectory);
  if (state === undefined) return up !== undefined;
  await shutDownSupervisor(stackDirectory, state.supervisor);
  return true;
}

/**
 * Ends a supervisor and with it its components, also when it is killed before or meanwhile.
 * Throws when it takes longer than all stop deadlines together.
 */
export async function shutDownSupervisor(stackDirectory: string, supervisor: ProcessIdentity): Promise<void> {
  if (isRunning(supervisor)) {
    const request = { operation: 'shutdown' as const, components: [] };
    // The signal says the same, and also reaches a supervisor whose socket somebody removed.
    await ask(pathsIn(stackDirectory).socket, request).catch(() => signal(supervisor, 'SIGTERM'));
    const problem = `The supervisor (process ${supervisor.pid}) did not end`;
    await waitFor(() => !isRunning(supervisor), shutdownSeconds, problem);
  }
  // One that ends in order removes its state last.
  const left = readState(stackDirectory);
  if (left !== undefined && !isRunning(left.supervisor)) await stopOrphans(stackDirectory, left);
}

/** Ends what a killed supervisor left running: newest first, each by its recorded id and start time. */
export async function stopOrphans(stackDirectory: string, state: StackState): Promise<string[]> {
  const orphans = Object.entries(state.components)
    .flatMap(([name, { process }]) => (process !== null && isRunning(process) ? [{ name, process }] : []))
    .reverse();
  for (const { process } of orphans) {
    // SIGINT is an orderly end for all: to PostgreSQL, which takes SIGTERM as "wait for the clients", and to Node.
    signal(process, 'SIGINT');
    const gone = () => !isRunning(process);
    await waitFor(gone, orphanSeconds, '').catch(() => signal(process, 'SIGKILL', true));
    await waitFor(gone, orphanSeconds, `Process ${process.pid} did not end`);
    killIfThere(-process.pid, 'SIGKILL');
  }
  const paths = pathsIn(stackDirectory);
  rmSync(paths.state, { force: true });
  rmSync(paths.socket, { force: true });
  return orphans.map(({ name }) => name);
}

/** For a guardian: the stack in this folder, whatever its settings, and a folder that is removed with it. */
export const guardedStack = (stackDirectory: string, remove: string): Guarded => ({
  run: [import.meta.filename, stackDirectory],
  remove,
});

// What a guardian runs. Like itself it goes on to its end.
if (import.meta.main) {
  onInterrupt(() => {});
  const [, , stackDirectory] = process.argv;
  if (stackDirectory) await stopStack(stackDirectory);
}
