import type { Knex } from 'knex';
import { ConfigError, readConfig } from '../config.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { openDatabase } from './connection.ts';
import { migrations } from './migrations/index.ts';
import { named } from './statements.ts';

/** Any number, the same in each process: whoever holds this advisory lock migrates. */
const advisoryLock = 7_246_518_003;

const options: Knex.MigratorConfig = {
  migrationSource: {
    getMigrations: () => Promise.resolve([...migrations.keys()]),
    getMigrationName: (name: string) => name,
    getMigration: (name: string) => {
      const migration = migrations.get(name);
      return migration ? Promise.resolve(migration) : Promise.reject(new Error(`No migration ${name}.`));
    },
  },
};

/** The directions that the command takes. */
const directions = {
  /** Applies what is missing. */
  up: (knex: Knex) => knex.migrate.latest(options),
  /** Takes back the newest one. */
  down: (knex: Knex) => knex.migrate.down(options),
} as const;

export type Direction = keyof typeof directions;

/**
 * Migrates, one process at a time: others wait. The lock is the connection's, so PostgreSQL frees it when a
 * process dies; knex's own lock is a row, which a killed process would leave behind for good.
 * @returns the names of the migrations applied or taken back
 */
export function migrate(knex: Knex, direction: Direction = 'up'): Promise<readonly string[]> {
  return named('migrations', () => migrateAlone(knex, direction));
}

async function migrateAlone(knex: Knex, direction: Direction): Promise<readonly string[]> {
  const connection = await knex.client.acquireConnection();
  const lock = (call: string) => knex.raw(`select ${call}(?)`, [advisoryLock]).connection(connection);
  try {
    await lock('pg_advisory_lock');
    await knex.migrate.forceFreeMigrationsLock(options);
    const [, names] = await directions[direction](knex);
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

/** `node app/src/database/migrate.ts [up|down]` */
async function main(direction = 'up'): Promise<void> {
  if (!(direction in directions)) {
    throw new ConfigError([
      `migrate: got ${JSON.stringify(direction)}; takes ${Object.keys(directions).join(' or ')}`,
    ]);
  }
  const config = readConfig();
  const { log } = createTelemetry(config);
  // A migration may rightly take longer than a request's statement.
  const knex = openDatabase({ ...config, DATABASE_STATEMENT_TIMEOUT_MS: 600_000, DATABASE_POOL_MAX: 4 }, log);
  try {
    const names = await migrate(knex, direction as Direction);
    if (names.length === 0) log.write('schema-current');
    else log.write('schema-migrated', { 'labels.migrations': names, 'labels.direction': direction });
  } finally {
    await knex.destroy();
  }
}

if (import.meta.main) {
  try {
    await main(process.argv[2]);
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = 1;
  }
}
