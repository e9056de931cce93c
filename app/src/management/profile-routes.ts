import { hostname } from 'node:os';
import { getHeapSnapshot } from 'node:v8';
import type { Context } from 'koa';
import type { Config } from '../config.ts';
import type { RequestState } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { type Route, route } from '../http/route.ts';
import { takeCpuProfile } from './cpu-profile.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { longestProfileSeconds, profileQuery } from './schema.ts';

/** Milliseconds that a busy thread may need beyond the time of a profile, to begin it and to hand it over. */
const patienceMs = 30_000;

/** About what a heap snapshot takes, for the `Retry-After` of others; it depends on the heap. */
const heapSnapshotSeconds = 5;

/** Aborted when the client goes away, and when it has its answer. */
function clientGone({ res }: Context): AbortSignal {
  const gone = new AbortController();
  if (res.closed) gone.abort();
  else res.once('close', () => gone.abort());
  return gone.signal;
}

/** Has the answer saved as a file, named so that profiles of several instances lie side by side. */
function answerFile(ctx: Context, extension: string, body: string | NodeJS.ReadableStream): void {
  const time = new Date().toISOString().replace(/\.\d+|[-:]/g, '');
  ctx.attachment(`todo-api-${hostname()}-${process.pid}-${time}.${extension}`);
  ctx.type = 'application/json';
  ctx.body = body;
}

/** A profile shows what a process does, and a heap all its secrets: who operates it should know of each. */
function say(ctx: Context, profile: 'cpu' | 'heap'): void {
  (ctx.state as RequestState).log.write('profile-taken', { 'labels.profile': profile });
}

/**
 * CPU profiles and heap snapshots of this process, one at a time. By POST: a browser sends a GET for any image of a
 * page, and off loopback without saying that it does; with a POST it names the page's origin.
 */
export function profileRoutes({ PROFILING }: Pick<Config, 'PROFILING'>): Route[] {
  const enter = oneAtATime();

  /**
   * 404, as for everything that an instance doesn't have, and not 403: nobody could be let in.
   * @throws Problem when profiling is off
   */
  function checkEnabled(): void {
    if (PROFILING === 'on') return;
    throw new Problem(
      'not-found',
      'Profiling is off. The setting PROFILING=on enables it, at the next start.',
    );
  }

  return [
    route({
      method: 'post',
      path: '/debug/cpu-profile',
      operation: 'takeCpuProfile',
      summary: 'Take a CPU profile',
      authentication: 'none',
      query: profileQuery,
      answers: { 200: { description: 'The profile, as a .cpuprofile file' } },
      problems: ['web-page-refused', 'not-found', 'profile-in-progress'],
      timeLimit: longestProfileSeconds * 1000 + patienceMs,
      async handler({ query: { seconds }, ctx }) {
        checkEnabled();
        const leave = enter(seconds);
        say(ctx, 'cpu');
        const gone = clientGone(ctx);
        try {
          answerFile(ctx, 'cpuprofile', JSON.stringify(await takeCpuProfile(seconds, gone)));
        } catch (error) {
          if (!gone.aborted) throw error;
        } finally {
          leave();
        }
      },
    }),
    route({
      method: 'post',
      path: '/debug/heap-snapshot',
      operation: 'takeHeapSnapshot',
      summary: 'Take a heap snapshot; the service stands still meanwhile',
      authentication: 'none',
      answers: { 200: { description: 'The snapshot, as a .heapsnapshot file' } },
      problems: ['web-page-refused', 'not-found', 'profile-in-progress'],
      handler({ ctx }) {
        checkEnabled();
        const leave = enter(heapSnapshotSeconds);
        say(ctx, 'heap');
        try {
          const snapshot = getHeapSnapshot();
          snapshot.once('close', leave);
          answerFile(ctx, 'heapsnapshot', snapshot);
        } catch (error) {
          leave();
          throw error;
        }
      },
    }),
  ];
}
