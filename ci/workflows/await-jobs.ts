/**
 * `node ci/workflows/await-jobs.ts MINUTES job/NAME…|job -l SELECTOR` waits until Jobs of the namespace todo-api are complete. `kubectl
 * wait` alone would wait to the end of its time for one that has failed.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const namespace = ['--namespace', 'todo-api'];

interface Job {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function kubectl(args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('kubectl', args, { encoding: 'utf8', timeout: 60_000 });
  if (status === 0) return stdout;
  throw new Error(
    `kubectl ${args.join(' ')}: ${(error?.message ?? stderr).trim() || `ended with ${status}`}`,
  );
}

const is = ({ status }: Job, wanted: string) =>
  status?.conditions?.some(({ type, status: value }) => type === wanted && value === 'True') ?? false;

/**
 * @param which Jobs as kubectl takes them: `job/name`, or `job`, `-l`, `name=value`
 * @throws Error with a sentence, and the Job's last lines, when one fails, when there is none or when they take longer
 */
export async function awaitJobs(which: readonly string[], minutes: number): Promise<void> {
  const deadline = Date.now() + minutes * 60_000;
  for (;;) {
    const found = JSON.parse(kubectl(['get', ...which, ...namespace, '--output', 'json'])) as
      | Job
      | { readonly items: readonly Job[] };
    const jobs = 'items' in found ? found.items : [found];
    if (jobs.length === 0) throw new Error(`There is no such Job: ${which.join(' ')}.`);
    const failed = jobs.find((job) => is(job, 'Failed'));
    if (failed !== undefined) {
      const { name } = failed.metadata;
      throw new Error(
        `job/${name} failed. Its last lines:\n${kubectl(['logs', `job/${name}`, ...namespace, '--tail=20'])}`,
      );
    }
    if (jobs.every((job) => is(job, 'Complete'))) return;
    if (Date.now() > deadline)
      throw new Error(
        `Not complete within ${minutes} minutes: ${which.join(' ')}. kubectl describe says why.`,
      );
    await delay(1000);
  }
}

if (import.meta.main) {
  try {
    const [minutes, ...which] = process.argv.slice(2);
    await awaitJobs(which, Number(minutes));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
