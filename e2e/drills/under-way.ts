import type { Drill, Traffic } from './drill.ts';
import type { SystemUnderTest } from './system.ts';
import { startTraffic } from './traffic.ts';
import { Watch } from './watch.ts';

/** A drill whose fault has been caused. Disposing of it ends everything, the fault first. */
export interface UnderWay extends AsyncDisposable {
  readonly watch: Watch;
  /** Undoes the fault, earlier than the rest. */
  recover(): Promise<void>;
  /** In milliseconds since 1970. */
  readonly faultAt: number;
  /** Seconds since the fault, to a tenth. */
  since(at?: number): number;
}

/** Requests before the fault, so that it is a change. */
const calmMs = 4000;

/**
 * Sends a drill's traffic for a while, then causes its fault.
 * @param withoutFault neither
 * @throws what keeps the fault from being caused, with all that was done undone
 */
export async function begin(
  { traffic, injectFault }: { readonly traffic?: Traffic; readonly injectFault: Drill['injectFault'] },
  system: SystemUnderTest,
  withoutFault = false,
): Promise<UnderWay> {
  await using all = new AsyncDisposableStack();
  const watch = new Watch(system);
  all.defer(() => watch.end());
  if (traffic && !withoutFault) {
    const running = await startTraffic(system, traffic);
    all.defer(() => running.stop());
    await system.pause(calmMs);
  }
  const recovery = all.use(new AsyncDisposableStack());
  const faultAt = Date.now();
  if (!withoutFault) await injectFault(system, recovery);
  const kept = all.move();
  return {
    watch,
    recover: () => recovery.disposeAsync(),
    faultAt,
    since: (at = Date.now()) => Math.round((at - faultAt) / 100) / 10,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
