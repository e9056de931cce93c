import type { Config } from '../config.ts';
import { guarded } from '../telemetry/guarded.ts';
import type { Log } from '../telemetry/log.ts';
import { blockEventLoop } from './event-loop.ts';
import { fillHeap } from './heap.ts';
import { createRecorderFaults, type RecorderFaults } from './recorder.ts';
import { createRequestFaults, type RequestFaults } from './requests.ts';
import type { FaultChange, FaultState, Faults } from './schema.ts';

/** Breaks the process on purpose, for a time. */
export interface FaultSwitch extends Pick<RequestFaults, 'before'>, Pick<RecorderFaults, 'recorder'> {
  state(): FaultState;
  /** Takes the place of whatever was on, until its seconds are over. */
  set(change: FaultChange): void;
  /** Ends whatever is on. */
  end(): void;
}

/** The faults that are on. */
interface On {
  readonly state: FaultState;
  readonly stops: readonly (() => void)[];
  readonly timer: NodeJS.Timeout;
}

/** The switch of a process; undefined when it is to have none. */
export function createFaultSwitch(
  { FAULT_INJECTION }: Pick<Config, 'FAULT_INJECTION'>,
  log: Log,
): FaultSwitch | undefined {
  if (FAULT_INJECTION === 'off') return undefined;
  const requests = createRequestFaults();
  const recorders = createRecorderFaults();
  let on: On | undefined;

  const start = (faults: Faults) => [
    ...(faults.requests ? [requests.start(faults.requests)] : []),
    ...(faults.event_loop ? [blockEventLoop(faults.event_loop)] : []),
    ...(faults.heap ? [fillHeap(faults.heap)] : []),
    ...(faults.recorder ? [recorders.start(faults.recorder)] : []),
  ];

  function stop(): void {
    clearTimeout(on?.timer);
    for (const each of on?.stops ?? []) each();
    on = undefined;
  }

  function end(reason: string): void {
    if (!on) return;
    stop();
    log.write('faults-changed', { 'labels.faults': [], 'event.reason': reason });
  }

  const endGuarded = guarded(log, 'fault', end);

  return {
    before: requests.before,
    recorder: recorders.recorder,
    state: () => on?.state ?? { ends_at: null },
    set({ seconds, ...faults }) {
      stop();
      on = {
        state: { ...faults, ends_at: new Date(Date.now() + seconds * 1000).toISOString() },
        stops: start(faults),
        timer: setTimeout(endGuarded, seconds * 1000, 'Their time is over.').unref(),
      };
      log.write('faults-changed', {
        'labels.faults': Object.keys(faults),
        'labels.seconds': seconds,
        'event.reason': 'They were asked for.',
      });
    },
    end: () => end('They were ended before their time.'),
  };
}
