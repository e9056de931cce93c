import { setTimeout as pause } from 'node:timers/promises';
import { Interrupted, untilInterrupted } from '@sightline/settings/interrupt.ts';
import { SettingsError } from '@sightline/settings/setting.ts';
import type { Knex } from 'knex';
import { type Config, configError, readConfig } from '../config.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { openDatabase } from './connection.ts';
import { type Migration, migrations } from './migrations/index.ts';
import { grantToService, ServiceRoleError } from './service-role.ts';
import { named } from './statements.ts';

/** Any number, the same in each process: whoever holds this advisory lock migrates. */
const advisoryLock = 7_246_518_003;

/** How often it is tried to cancel a statement: one may begin just after the last attempt. */
const cancelMs = 50;

/** Runs work on the database; when that is interrupted, the statement in hand is cancelled, and so is each that follows. */
type Cancellable = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** @param backends processes of the server that may be told to cancel */
function cancellableBy(interrupted: AbortSignal, knex: Knex, backends: ReadonlySet<number>): Cancellable {
  const cancelAll = () =>
    knex.raw(
      `select pg_cancel_backend(pid) from pg_stat_activity
       where pid = any(?) and pid <> pg_backend_pid() and state = 'active'`,
      [[...backends]],
    );
  return async (work) => {
    interrupted.throwIfAborted();
    let isOver = false;
    let cancelling = Promise.resolve();
    const cancel = async () => {
      while (!isOver) {
        await named('migrations', cancelAll).catch(() => {});
        await pause(cancelMs);
      }
    };
    const begin = () => {
      cancelling = cancel();
    };
    interrupted.addEventListener('abort', begin, { once: true });
    try {
      return await work();
    } catch (error) {
      throw interrupted.aborted ? interrupted.reason : error;
    } finally {
      isOver = true;
      interrupted.removeEventListener('abort', begin);
      // None may reach what comes next: to roll back, to give the lock back.
      await cancelling;
    }
  };
}

function cancellableMigration({ up, down }: Migration, cancellable: Cancellable): Migration {
  return { up: (knex) => cancellable(() => up(knex)), down: (knex) => cancellable(() => down(knex)) };
}

const optionsFor = (cancellable: Cancellable): Knex.MigratorConfig => ({
  migrationSource: {
    getMigrations: () => Promise.resolve([...migrations.keys()]),
    getMigrationName: (name: string) => name,
    getMigration: (name: string) => {
      const migration = migrations.get(name);
      return migration
        ? Promise.resolve({ ...migration, ...cancellableMigration(migration, cancellable) })
        : Promise.reject(new Error(`No migration ${name}.`));
    },
  },
});

type Migrate = (
  knex: Knex,
  options: Knex.MigratorConfig,
  grant: () => Promise<void>,
) => Promise<[unknown, string[]]>;

/**
 * Applies what is missing, one after the other: each that runs in a transaction takes its note along, whatever the others do.
 * Before the first and after each the service's role gets what it needs by then: a migration may take hours, and the service
 * has to see meanwhile that it is waited for.
 */
const up: Migrate = async (knex, options, grant) => {
  const applied: string[] = [];
  for (;;) {
    await grant();
    const [batch, [name]] = await knex.migrate.up(options);
    if (name === undefined) return [batch, applied];
    applied.push(name);
  }
};

/** Takes back the newest migration; one that runs in a transaction takes the note of it along. */
const down: Migrate = async (knex, options) => {
  const [applied]: [{ readonly name: string }[], unknown] = await knex.migrate.list(options);
  const newest = migrations.get(applied.at(-1)?.name ?? '');
  return newest?.config?.transaction === false
    ? knex.migrate.down(options)
    : knex.transaction((transaction) => transaction.migrate.down(options));
};

/** The directions that the command takes: `up` applies what is missing, `down` takes back the newest one. */
const directions = { up, down } as const satisfies Record<string, Migrate>;

export type Direction = keyof typeof directions;

export interface MigrateOptions {
  readonly direction?: Direction;
  /** Cancels the migration in hand, which rolls back if it runs in a transaction. */
  readonly interrupted?: AbortSignal;
  /** Called between migrations that are applied: gives the service's role what it needs. */
  readonly grant?: () => Promise<void>;
}

/**
 * Migrates, one process at a time: others wait. The lock is the connection's, so PostgreSQL frees it when a
 * process dies; knex's own lock is a row, which a killed process would leave behind for good.
 * @returns the names of the migrations applied or taken back
 * @throws Interrupted and others; migrations that were complete by then stay
 */
export function migrate(
  knex: Knex,
  {
    direction = 'up',
    interrupted = new AbortController().signal,
    grant = () => Promise.resolve(),
  }: MigrateOptions = {},
): Promise<readonly string[]> {
  return named('migrations', async () => {
    const backends = new Set<number>();
    const note = (_id: number, { processID }: { processID: number }) => backends.add(processID);
    knex.client.pool.on('createSuccess', note);
    try {
      const cancellable = cancellableBy(interrupted, knex, backends);
      return await migrateAlone(knex, { direction, interrupted, grant, cancellable });
    } finally {
      knex.client.pool.removeListener('createSuccess', note);
    }
  });
}

type Locking = Promise<{ readonly rows: readonly { readonly is_done: boolean }[] }>;
const askAgainMs = 200;

/**
 * Asks until the lock is there. A statement that waits for it would be waited for by `create index concurrently` of whoever
 * holds it, and neither would end.
 */
async function acquire(attempt: () => Locking, interrupted: AbortSignal): Promise<void> {
  while (!(await attempt()).rows[0]?.is_done) {
    interrupted.throwIfAborted();
    await pause(askAgainMs);
  }
}

async function migrateAlone(
  knex: Knex,
  { direction, interrupted, grant, cancellable }: Required<MigrateOptions> & { cancellable: Cancellable },
): Promise<readonly string[]> {
  const options = optionsFor(cancellable);
  const connection = await knex.client.acquireConnection();
  const lock = (call: string) =>
    knex.raw(`select ${call}(?) as is_done`, [advisoryLock]).connection(connection) as unknown as Locking;
  try {
    await cancellable(() => acquire(() => lock('pg_try_advisory_lock'), interrupted));
    await knex.migrate.forceFreeMigrationsLock(options);
    const [, names] = await directions[direction](knex, options, grant);
    return names;
  } finally {
    await lock('pg_advisory_unlock').catch(() => {});
    await knex.client.releaseConnection(connection);
  }
}

/** The migrations that the database lacks. */
export function pendingMigrations(knex: Knex): Promise<readonly string[]> {
  return named('migrations', async () => {
    const { rows } = await knex.raw<{ rows: { known: string | null }[] }>(
      "select to_regclass('knex_migrations') as known",
    );
    if (!rows[0]?.known) return [...migrations.keys()];
    const applied = new Set(await knex('knex_migrations').pluck<string[]>('name'));
    return [...migrations.keys()].filter((name) => !applied.has(name));
  });
}

/** Makes the call that gives a role of the service's own, where the configuration names one, what it needs. */
export function grantsOf(
  {
    DATABASE_SERVICE_ROLE: role,
    AUDIT_RETENTION_DAYS: days,
  }: Pick<Config, 'DATABASE_SERVICE_ROLE' | 'AUDIT_RETENTION_DAYS'>,
  knex: Knex,
): () => Promise<void> {
  return () => (role === undefined ? Promise.resolve() : grantToService(knex, role, days));
}

/** `node app/src/database/migrate.ts [up|down]` */
async function main(interrupted: AbortSignal, direction = 'up'): Promise<void> {
  if (!(direction in directions)) {
    throw configError(
      `migrate got ${JSON.stringify(direction)}; it takes ${Object.keys(directions).join(' or ')}.`,
    );
  }
  const config = readConfig();
  const { log } = createTelemetry(config);
  // A migration may rightly take longer than a request's statement: an index of a large table takes hours. Its lock is
  // the connection's, and an index made beside writers takes no transaction, so that no pooler can be in between.
  const knex = openDatabase(
    {
      ...config,
      DATABASE_STATEMENT_TIMEOUT_MS: 6 * 3_600_000,
      DATABASE_POOL_MAX: 4,
      DATABASE_PIPELINE: 'on',
    },
    log,
  );
  try {
    const names = await migrate(knex, {
      direction: direction as Direction,
      interrupted,
      grant: grantsOf(config, knex),
    });
    if (names.length === 0) log.write('schema-current');
    else log.write('schema-migrated', { 'labels.migrations': names, 'labels.direction': direction });
  } finally {
    await knex.destroy();
  }
}

if (import.meta.main) {
  try {
    await main(untilInterrupted(), process.argv[2]);
  } catch (error) {
    if (error instanceof Interrupted) {
      console.error(
        `${error.message} The migration in hand was rolled back, or can go on where it was: run migrate again.`,
      );
      process.exitCode = error.exitCode;
    } else {
      console.error(
        error instanceof SettingsError || error instanceof ServiceRoleError ? error.message : error,
      );
      process.exitCode = 1;
    }
  }
}
