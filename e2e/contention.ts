/**
 * Whether the machine has CPU to give. A thread asks for a little of it each second and measures how long it has to wait
 * for that, which is the control of whatever else is timed meanwhile: beside eight busy processes an answer that comes
 * late tells of them, and not of who answers.
 */
import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { keepBusy } from '@sightline/testkit/keep-busy.ts';

/** CPU time that is asked for at once, in milliseconds: several slices of a scheduler's, two percent of a core. */
const askedMs = 20;
const everyMs = 1000;
/** How far back it is looked at: as long as the shorter windows of the drill rules. */
const lookedBackMs = 30_000;
/** Tells the thread from any other that loads this file. */
const measuring = 'measures contention';

/** The machine as others keep it busy. Disposing of it ends the measuring. */
export interface Contention extends AsyncDisposable {
  /** How many times as long work took of late as it takes on an idle machine; 1 at the least. */
  slowdown(): number;
  /** The same of the slowest tenth of it, at the least: alerts about a share of requests fire for less than that. */
  worstSlowdown(): number;
}

export async function watchContention(): Promise<Contention> {
  const worker = new Worker(new URL(import.meta.url), { workerData: measuring });
  await once(worker, 'online');
  // It keeps nobody from ending.
  worker.unref();
  let measured: readonly { readonly at: number; readonly tookMs: number }[] = [];
  worker.on('message', (tookMs: number) => {
    const at = performance.now();
    measured = [...measured.filter((one) => one.at > at - lookedBackMs), { at, tookMs }];
  });
  return {
    slowdown: () => {
      const tookMs = measured.reduce((sum, one) => sum + one.tookMs, 0);
      return Math.max(1, tookMs / (measured.length * askedMs || 1));
    },
    worstSlowdown: () => {
      const slowestFirst = measured.map((one) => one.tookMs).toSorted((one, other) => other - one);
      return Math.max(1, (slowestFirst[Math.floor(slowestFirst.length / 10)] ?? 0) / askedMs);
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

if (workerData === measuring) setInterval(() => parentPort?.postMessage(keepBusy(askedMs)), everyMs);
