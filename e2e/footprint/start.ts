import { migrate, startService } from '@sightline/loadtest/bench/service.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import type { FootprintContext } from './context.ts';
import type { Finding } from './report.ts';
import type { FootprintSettings } from './settings.ts';

const maxMs = 1000;

/** How long the service takes from its start to the first 200 of /health/ready, on a migrated database. */
export async function measureStart(
  { starts }: FootprintSettings,
  context: FootprintContext,
): Promise<Finding> {
  const database = await createTestDatabase();
  const times: number[] = [];
  try {
    await migrate(database.url);
    // The first reads its files from the disk, and isn't counted.
    for (let n = 0; n <= starts; n += 1) {
      context.interrupted.throwIfAborted();
      const service = await startService({ databaseUrl: database.url, ...context });
      await service.stop();
      context.live(`start: ${n} of ${starts}, ${service.startMs.toFixed(0)} ms`);
      if (n > 0) times.push(service.startMs);
    }
  } finally {
    await database.drop();
  }
  const sorted = times.toSorted((one, other) => one - other);
  const [min, median, max] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map(
    (ms) => ms ?? Number.NaN,
  ) as [number, number, number];
  return {
    text: `Start to ready: ${median.toFixed(0)} ms in the median of ${starts}, ${min.toFixed(0)} to ${max.toFixed(0)} ms`,
    goals: [
      {
        what: `Start to ready: under ${maxMs / 1000} s`,
        reached: median < maxMs,
        found: `${median.toFixed(0)} ms in the median, ${max.toFixed(0)} ms at most`,
      },
    ],
    data: { medianMs: median, minMs: min, maxMs: max, times },
  };
}
