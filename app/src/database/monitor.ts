import { errorFields } from '@sightline/telemetry/error-fields.ts';
import type { Knex } from 'knex';
import { guarded } from '../telemetry/guarded.ts';
import type { Log } from '../telemetry/log.ts';
import { pendingMigrations } from './migrate.ts';
import { ownsSchema } from './service-role.ts';
import { named } from './statements.ts';

/** The state of the database as the health checks know it. `detail` says why it is down or not usable yet. */
export interface DatabaseStatus {
  up: boolean;
  /** Whether the schema was seen complete once; it doesn't turn back when the database goes away. */
  migrated: boolean;
  detail: string;
  /** When `up` last changed, RFC 3339. */
  since: string;
}

export interface DatabaseMonitor {
  readonly status: Readonly<DatabaseStatus>;
  stop(): void;
}

/** Looks at the database now and every `intervalMs` milliseconds, and logs when it goes or returns. */
export function monitorDatabase(
  knex: Knex,
  { intervalMs, log }: { intervalMs: number; log: Log },
): DatabaseMonitor {
  const status: DatabaseStatus = {
    up: false,
    migrated: false,
    detail: 'not looked at yet',
    since: new Date().toISOString(),
  };
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function record(up: boolean, detail: string, error?: unknown): void {
    if (up !== status.up || detail !== status.detail) {
      if (up) log.write('database-up', { 'event.reason': detail });
      else log.writeError('database-down', error);
    }
    if (up !== status.up) status.since = new Date().toISOString();
    status.up = up;
    status.detail = detail;
  }

  async function look(): Promise<void> {
    try {
      if (status.migrated) await named('health.probe', () => knex.raw('select 1'));
      else {
        const pending = await pendingMigrations(knex);
        if (pending.length > 0) {
          record(true, `waits for the migrations ${pending.join(', ')}`);
          return;
        }
        if (await ownsSchema(knex))
          log.write('configuration-weak', {
            'event.reason':
              'The role of DATABASE_URL owns the schema, so whoever takes over the service can change the audit: give ' +
              'it a role of its own (DATABASE_SERVICE_ROLE).',
          });
        status.migrated = true;
      }
      record(true, 'answers');
    } catch (error) {
      record(false, errorFields(error)['error.message'], error);
    } finally {
      // Until the service can start it looks more often: a start should take no longer than it must.
      if (!stopped) timer = setTimeout(lookGuarded, status.migrated ? intervalMs : Math.min(intervalMs, 250));
    }
  }

  const lookGuarded = guarded(log, 'database_monitor', look);
  lookGuarded();
  return {
    status,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
