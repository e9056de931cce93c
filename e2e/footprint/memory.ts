import { setTimeout as delay } from 'node:timers/promises';
import { startTodoLoad } from '@sightline/loadtest/bench/micro/todo-load.ts';
import { migrate, startService } from '@sightline/loadtest/bench/service.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import type { FootprintContext } from './context.ts';
import { type Finding, megabytes } from './report.ts';
import type { FootprintSettings } from './settings.ts';
import { type Sample, slopeOf } from './statistics.ts';

const sampleEveryMs = 5000;
const connections = 32;
/** Until V8 has compiled what runs often, and its heap has grown. A shorter run takes a fifth of it. */
const warmUpSeconds = 60;
const maxBytes = 150e6;
/** Bytes a minute by which memory seems to rise or fall when it doesn't: garbage comes and goes. */
const flatBytesPerMinute = 1e6;

/** Resident memory as the service itself tells it, which is what is watched in production. */
async function residentBytes(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const [, bytes] = /^process_resident_memory_bytes ([\d.e+]+)/m.exec(text) ?? [];
  if (bytes === undefined) throw new Error(`${metricsUrl} has no process_resident_memory_bytes.`);
  return Number(bytes);
}

const at = (samples: readonly Sample[], seconds: number) =>
  samples.find((sample) => sample.seconds >= seconds) ?? samples.at(-1);

/** Sums up the samples of a run of so many seconds. */
export function summarise(samples: readonly Sample[], seconds: number, rate: number): Finding {
  const warm = at(samples, Math.min(warmUpSeconds, seconds / 5));
  const last = samples.at(-1);
  const peak = Math.max(...samples.map(({ value }) => value));
  const slope = slopeOf(samples.filter((sample) => sample.seconds >= seconds / 2)) * 60;
  const data = {
    ...{ seconds, rate, samples },
    afterWarmUpBytes: warm?.value,
    endBytes: last?.value,
    peakBytes: peak,
    slopeBytesPerMinute: slope,
  };
  const slopeText = `${(slope / 1e6).toFixed(2)} MB a minute in the second half`;
  const end = megabytes(last?.value ?? Number.NaN);
  return {
    text:
      `Memory of the API under ${rate} requests a second for ${(seconds / 60).toFixed(1)} min: ` +
      `${megabytes(warm?.value ?? Number.NaN)} after ${Math.round(warm?.seconds ?? 0)} s, ${end} at the end, ` +
      `${megabytes(peak)} at its most; ${slopeText}`,
    goals: [
      {
        what: `Memory of the API under load: at most ${megabytes(maxBytes)}`,
        reached: (last?.value ?? Number.NaN) <= maxBytes,
        found: `${end} after ${(seconds / 60).toFixed(1)} min`,
      },
      {
        what: `It stays flat: at most ${(flatBytesPerMinute / 1e6).toFixed(0)} MB a minute`,
        reached: slope <= flatBytesPerMinute,
        found: slopeText,
      },
    ],
    data,
  };
}

/** Load for some minutes on a service of its own, whose memory is read every five seconds. */
export async function measureMemory(
  settings: FootprintSettings,
  context: FootprintContext,
): Promise<Finding> {
  const seconds = settings.minutes * 60;
  const database = await createTestDatabase();
  try {
    await migrate(database.url);
    const service = await startService({ databaseUrl: database.url, ...context });
    const load = await startTodoLoad(service.url, { connections, rate: settings.rate });
    const samples: Sample[] = [];
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    try {
      while (elapsed() < seconds) {
        await delay(sampleEveryMs, undefined, { signal: context.interrupted });
        const value = await residentBytes(service.metricsUrl);
        samples.push({ seconds: elapsed(), value });
        context.live(
          `memory: ${Math.round(elapsed())} of ${seconds} s, ${megabytes(value)}, ${load.answers()} answers`,
        );
      }
    } finally {
      await load.stop();
      await service.stop();
    }
    return summarise(samples, seconds, Math.round(load.answers() / elapsed()));
  } finally {
    await database.drop();
  }
}
