/** The service's process: busy, full, or dying. */
import type { AlertPattern, Drill } from '../drill.ts';
import type { Ground } from '../ground.ts';
import { forgetMemoryLimit, limitMemory, whyNoMemoryLimit } from '../memory-limit.ts';
import { anySloBurn } from './known.ts';

const harmSeconds = 300;
/** While the API starts again nobody answers its probe, its scrape and its users. */
export const restarting: readonly AlertPattern[] = [
  ...anySloBurn,
  { alert: 'TargetDown' },
  { alert: 'ProbeFailing' },
];

/** Kills the API three times, each time when it has been up long enough to be seen. */
export async function killRepeatedly(ground: Ground): Promise<void> {
  for (let time = 1; time <= 3; time += 1) {
    ground.send('api', 'SIGKILL');
    await ground.until(() => ground.has('api') !== undefined, 10, 'The API did not die');
    await ground.until(() => ground.has('api') === undefined, 60, 'The API did not come back');
    await ground.scraped('todo-api');
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
    async cause(ground, recovery) {
      recovery.defer(() => ground.endHarm());
      await ground.harm({
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
    // Garbage collection then has a hard time.
    alongside: [...anySloBurn, { alert: 'EventLoopLag' }],
    async cause(ground, recovery) {
      recovery.defer(() => ground.endHarm());
      await ground.harm({ seconds: harmSeconds, heap: { share: 0.94 } });
    },
  },
  {
    alert: 'MemoryNearLimit',
    variant: 'process',
    labels: { job: 'todo-api', limit: 'process' },
    fault: 'The API is given hardly the memory that it takes',
    within: 30,
    value: [0.9, 1.5],
    // It is started three times for this.
    alongside: [...restarting, { alert: 'RestartingRepeatedly' }],
    needs: whyNoMemoryLimit,
    async cause(ground, recovery) {
      // What it takes when it has just started, as it will then have.
      await ground.restart('api');
      const fresh = await ground.sample('process_resident_memory_bytes');
      recovery.defer(() => ground.restart('api'));
      recovery.defer(() => forgetMemoryLimit(ground.settings));
      limitMemory(ground.settings, Math.round(fresh));
      await ground.restart('api');
    },
  },
  {
    alert: 'RestartingRepeatedly',
    labels: { job: 'todo-api' },
    fault: 'The API is killed three times',
    within: 20,
    value: [3, 4],
    alongside: restarting,
    async cause(ground, recovery) {
      // The supervisor counts crashes, and starts afresh with an ordinary start.
      recovery.defer(() => ground.restart('api'));
      await killRepeatedly(ground);
    },
  },
];
