import { z } from 'zod';
import type { DatabaseStatus } from '../database/monitor.ts';

/** The state that the checks look at; main.ts turns `draining` when the process has to end. */
export interface Lifecycle {
  draining: boolean;
}

/** The body of every probe. */
export const healthReport = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    detail: z.string(),
    database: z
      .object({ up: z.boolean(), migrated: z.boolean(), detail: z.string(), since: z.iso.datetime() })
      .optional(),
  })
  .meta({ id: 'HealthReport', examples: [{ status: 'ok', detail: 'the event loop turns' }] });
export type HealthReport = z.output<typeof healthReport>;

export interface Health {
  live(): HealthReport;
  startup(): HealthReport;
  ready(): HealthReport;
}

/**
 * Live: the event loop turns. Startup: the database was seen once, with its schema complete. Ready: started and
 * not draining; a database that goes away later makes no instance unready, since it hits all alike: requests
 * answer 503 and the body here says why.
 */
export function createHealth(lifecycle: Readonly<Lifecycle>, database: Readonly<DatabaseStatus>): Health {
  const report = (unavailable: string | false): HealthReport => ({
    status: unavailable ? 'unavailable' : 'ok',
    detail: unavailable || 'in order',
    database,
  });
  const notStarted = () => !database.migrated && `The database is not there yet: ${database.detail}.`;
  return {
    live: () => ({ status: 'ok', detail: 'the event loop turns' }),
    startup: () => report(notStarted()),
    ready: () => report(lifecycle.draining ? 'The instance is shutting down.' : notStarted()),
  };
}
