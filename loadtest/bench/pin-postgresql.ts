/** Keeps PostgreSQL off the cores of the server and of the load generator, where the machine has more than these. */
import { spawnSync } from 'node:child_process';

/** Output of ps: process ids. */
const pidsOf = (...args: readonly string[]): readonly number[] =>
  spawnSync('ps', args, { encoding: 'utf8' })
    .stdout.split('\n')
    .map(Number)
    .filter((pid) => pid > 0);

/** Cores from the third on, as `taskset` takes them; none on a machine of two. */
export const coresLeft = (cores: number): string | undefined => (cores < 3 ? undefined : `2-${cores - 1}`);

/**
 * Pins a server, given by one of its processes, with all that it has started; what it starts from then on is pinned by
 * inheritance.
 * @param backend process id of a connection, as `pg_backend_pid()` gives it
 * @returns whether the server is pinned: one on another machine, or another user's, is not
 */
export function pinServerOf(backend: number, cores: string): boolean {
  const [server] = pidsOf('-o', 'ppid=', '-p', String(backend));
  if (server === undefined || server === 1) return false;
  const pinned = [server, ...pidsOf('-o', 'pid=', '--ppid', String(server))].map(
    (pid) => spawnSync('taskset', ['-c', '-p', cores, String(pid)]).status === 0,
  );
  return pinned[0] === true;
}
