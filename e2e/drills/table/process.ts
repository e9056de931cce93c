/** The service's process: busy, full, or dying. */
import { heapMiB } from '../components.ts';
import type { AlertPattern, Drill } from '../drill.ts';
import { forgetMemoryLimit, limitMemory, whyNoMemoryLimit } from '../memory-limit.ts';
import type { SystemUnderTest } from '../system.ts';
import { anySloBurn, harmSeconds } from './known.ts';

const fullHeap = { seconds: harmSeconds, heap: { share: 0.94 } };
/** Garbage collection then has a hard time. */
const nearlyFull: readonly AlertPattern[] = [...anySloBurn, { alert: 'EventLoopLag' }];
/**
 * Part of the memory limit in MiB that is not the heap's: less than an idle process has in memory beside its
 * heap (some 130), so that a full heap reaches the limit. The kernel counts less than that, since half of it
 * are pages of the program that are there once for all.
 */
const besidesHeapMiB = 112;
/** While the API starts again nobody answers its probe, its scrape and its users. */
export const restarting: readonly AlertPattern[] = [
  ...anySloBurn,
  { alert: 'TargetDown' },
  { alert: 'ProbeFailing' },
];

/** Kills the API three times, each time when it has been up long enough to be seen. */
export async function killRepeatedly(system: SystemUnderTest): Promise<void> {
  for (let time = 1; time <= 3; time += 1) {
    system.send('api', 'SIGKILL');
    await system.until(() => system.has('api') !== undefined, 10, 'The API did not die');
    await system.until(() => system.has('api') === undefined, 60, 'The API did not come back');
    await system.scraped('todo-api');
  }
}

export const processDrills: readonly Drill[] = [
  {
    alert: 'EventLoopLag',
    labels: { job: 'todo-api' },
    fault: 'JavaScript keeps the event loop busy for 300 ms at a time',
    within: 25,
    value: [0.1, 3],
    alongside: [...anySloBurn, { alert: 'StatementsQueueing' }, { alert: 'SlowQueries' }],
    async injectFault(system, recovery) {
      recovery.defer(() => system.endHarm());
      await system.harm({
        seconds: harmSeconds,
        event_loop: { block_milliseconds: 300, pause_milliseconds: 200 },
      });
    },
  },
  {
    alert: 'MemoryNearLimit',
    variant: 'heap',
    labels: { job: 'todo-api', limit: 'heap' },
    fault: 'Objects are kept until the heap is nearly full',
    within: 30,
    value: [0.9, 1],
    alongside: nearlyFull,
    async injectFault(system, recovery) {
      recovery.defer(() => system.endHarm());
      await system.harm(fullHeap);
    },
  },
  {
    alert: 'MemoryNearLimit',
    variant: 'process',
    labels: { job: 'todo-api', limit: 'process' },
    fault: 'The memory of the API grows to what the kernel allows it',
    within: 35,
    value: [0.9, 1.3],
    alongside: [...restarting, ...nearlyFull, { alert: 'MemoryNearLimit', limit: 'heap' }],
    needs: whyNoMemoryLimit,
    async injectFault(system, recovery) {
      recovery.defer(() => system.restart('api'));
      recovery.defer(() => forgetMemoryLimit(system.settings));
      limitMemory(system.settings, (heapMiB + besidesHeapMiB) * 1024 ** 2);
      await system.restart('api');
      await system.harm(fullHeap);
    },
  },
  {
    alert: 'CallbackFailing',
    labels: { job: 'todo-api', place: 'recorder' },
    fault: 'The record of every third request throws, where nothing but a guard catches',
    within: 15,
    value: [0.5, 100_000],
    traffic: { reads: 10 },
    async injectFault(system, recovery) {
      recovery.defer(() => system.endHarm());
      await system.harm({ seconds: harmSeconds, recorder: { every: 3 } });
    },
  },
  {
    alert: 'RestartingRepeatedly',
    labels: { job: 'todo-api' },
    fault: 'The API is killed three times',
    within: 20,
    value: [3, 4],
    alongside: restarting,
    async injectFault(system, recovery) {
      // The supervisor counts crashes, and starts afresh with an ordinary start.
      recovery.defer(() => system.restart('api'));
      await killRepeatedly(system);
    },
  },
];
