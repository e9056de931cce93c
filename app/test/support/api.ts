import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Send } from '@sightline/testkit/client.ts';
import { createTestDatabase, type DatabaseTemplate, type TestDatabase } from '@sightline/testkit/database.ts';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { noteMoved } from '@sightline/testkit/signal-check.ts';
import type { Knex } from 'knex';
import { buildApp, buildManagementApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { emitDatabaseMetrics } from '../../src/database/metrics.ts';
import { grantsOf, migrate } from '../../src/database/migrate.ts';
import { monitorDatabase } from '../../src/database/monitor.ts';
import { statementMetrics } from '../../src/database/statement-metrics.ts';
import { statementSpans } from '../../src/database/statement-spans.ts';
import type { StatementListener } from '../../src/database/statements.ts';
import { createFaultSwitch } from '../../src/faults/switch.ts';
import { createHealth, type Lifecycle } from '../../src/health/health.ts';
import { countRefused } from '../../src/http/request-metrics.ts';
import { listen } from '../../src/http/server.ts';
import { connectRedis } from '../../src/redis/connection.ts';
import {
  type AccessTokens,
  createAccessTokens,
  generateSigningKey,
} from '../../src/sessions/access-tokens.ts';
import type { SigningKey } from '../../src/sessions/key-set.ts';
import type { Log } from '../../src/telemetry/log.ts';
import { spanMetrics } from '../../src/telemetry/span-metrics.ts';
import type { SpanHooks } from '../../src/telemetry/span-pipeline.ts';
import { createTracing, type Tracing } from '../../src/telemetry/tracing.ts';
import type { createPasswords } from '../../src/users/passwords.ts';
import { checkAnswer } from './contract.ts';
import { createTestTelemetry, type TestTelemetry } from './telemetry.ts';

export type { Answer, RequestOptions, Send } from '@sightline/testkit/client.ts';

/** A client of the API at a base address, whose answers have to be as the OpenAPI document declares them. */
export const client = (baseUrl: string, check = checkAnswer): Send => createClient(baseUrl, check);

export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** The whole API over real HTTP on a database of its own. */
export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly send: Send;
  /** Address of the management server. */
  readonly managementUrl: string;
  /** The API's own pool: as the role of the service. */
  readonly knex: Knex;
  /** A pool as the owner of the schema: for what a test does to the rows behind the API's back. */
  readonly owner: Knex;
  readonly database: TestDatabase;
  readonly config: Config;
  readonly tokens: AccessTokens;
  readonly signingKey: SigningKey;
  readonly lifecycle: Lifecycle;
  readonly telemetry: TestTelemetry;
  /** Where an endpoint is configured. */
  readonly tracing: Tracing | undefined;
  /** Each log line so far, parsed. */
  readonly logLines: TestTelemetry['logLines'];
  /** The samples of a scrape, by series. */
  readonly samples: () => Promise<ReadonlyMap<string, number>>;
  /** Registers a user and logs in. */
  newUser(): Promise<TestUser>;
  stop(): Promise<void>;
}

/** The tokens that log-in and refresh answer, as far as tests read it. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

let users = 0;

/** Registers a user of the given API, and logs in. */
export async function registerUser(send: Send): Promise<TestUser> {
  users += 1;
  const email = `user-${process.pid}-${users}@example.com`;
  const password = 'correct horse battery staple';
  const { body: user } = await send<{ id: string }>('POST', '/v1/users', {
    json: { email, password, name: 'A User' },
  });
  const { body } = await send<Tokens>('POST', '/v1/sessions', { json: { email, password } });
  return { id: user.id, email, password, token: body.access_token, refreshToken: body.refresh_token };
}

/** Migrations are patient: on a busy machine a connection may take longer than any request should wait for one. */
const migrationSettings = { DATABASE_POOL_MAX: '3', DATABASE_CONNECT_TIMEOUT_MS: '20000' };

async function migrateWith(config: Config, log: Log): Promise<void> {
  const knex = openDatabase(config, log);
  await migrate(knex, { grant: grantsOf(config, knex) }).finally(() => knex.destroy());
}

function hashOfMigrations(): string {
  const folder = join(import.meta.dirname, '../../src/database/migrations');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).toSorted()) hash.update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Most tests are not about migrations, and each of them would wait for all. The roles' grants come with each service. */
const migrated: DatabaseTemplate = {
  // A test may start the service of a changed copy of the checkout on the same server.
  name: `migrated_${hashOfMigrations()}`,
  fill: (url) => {
    const settings = { ...migrationSettings, DATABASE_URL: url };
    return migrateWith(readConfig(settings), createTestTelemetry(settings).log);
  },
};

/**
 * @param environment settings beside those every test has
 * @param via gives another address of the database than its own, such as that of a proxy before it
 * @param parts what isn't made for this API alone: `database`, whose maker drops it; `beside`, another instance of
 *   the same service, whose database and signing key this one shares (stop that one last); `passwords`, in place of
 *   those of the configuration; `listeners`, told of each statement of this API;
 *   `spanHooks`, told of its spans
 */
export async function startApi(
  environment: Record<string, string> = {},
  via: (databaseUrl: string) => string = (url) => url,
  {
    database: given,
    beside,
    passwords,
    listeners = [],
    spanHooks,
  }: {
    database?: TestDatabase;
    beside?: TestApi;
    passwords?: typeof createPasswords;
    listeners?: readonly StatementListener[];
    spanHooks?: SpanHooks;
  } = {},
): Promise<TestApi> {
  const shared = given ?? beside?.database;
  const database = shared ?? (await createTestDatabase(migrated));
  const settings = {
    NODE_ENV: 'test',
    DATABASE_URL: via(database.serviceUrl),
    // The least argon2id takes: most tests are about something else, and hash a password all the same.
    ARGON2_MEMORY_KIB: '8',
    ARGON2_ITERATIONS: '1',
    DATABASE_POOL_MAX: '7',
    // A busy machine may take longer to give one than a request should wait.
    DATABASE_CONNECT_TIMEOUT_MS: '10000',
    // On, but out of the way: a test file sends all its requests from one address within a minute.
    RATE_LIMIT_IP: '1000000',
    RATE_LIMIT_USER: '1000000',
    RATE_LIMIT_SESSIONS: '1000000',
    RATE_LIMIT_PASSWORD: '1000000',
    ...environment,
  };
  const config = readConfig(settings);
  const telemetry = createTestTelemetry(settings);
  const { log, metrics } = telemetry;
  const patient = readConfig({
    ...migrationSettings,
    DATABASE_URL: database.url,
    DATABASE_SERVICE_ROLE: config.DATABASE_URL.user,
    AUDIT_RETENTION_DAYS: String(config.AUDIT_RETENTION_DAYS),
  });
  await migrateWith(patient, log);
  // It opens no connection before it is used.
  const owner = openDatabase(patient, log);
  const tracing = createTracing(config, log, spanHooks ?? spanMetrics(metrics));
  const spans = tracing ? [statementSpans(tracing, config.DATABASE_URL)] : [];
  const knex = openDatabase(config, log, [statementMetrics(metrics), ...listeners, ...spans]);
  const lifecycle: Lifecycle = { draining: false };
  const monitor = monitorDatabase(knex, { intervalMs: 100, log });
  emitDatabaseMetrics(knex, monitor.status, metrics);
  const signingKey = beside?.signingKey ?? generateSigningKey();
  const tokens = await createAccessTokens([signingKey], config);
  const health = createHealth(lifecycle, monitor.status);
  const redis = config.REDIS_URL && connectRedis(config.REDIS_URL, telemetry);
  const dependencies = {
    config,
    log,
    metrics,
    knex,
    tokens,
    health,
    redis,
    tracing,
    faults: createFaultSwitch(config, log),
    passwords: passwords?.(config, metrics),
  };
  const where = { host: '127.0.0.1', port: 0, limits: config, log, refused: countRefused(metrics) };
  const server = await listen(buildApp(dependencies), where);
  const management = await listen(buildManagementApp(dependencies), { ...where, refused: () => {} });
  const url = `http://127.0.0.1:${server.port}`;
  const send = client(url);
  await eventually(async () => (await send('GET', '/health/ready')).status === 200);
  const stop = async () => {
    monitor.stop();
    await server.close(1000);
    await management.close(0);
    redis?.close();
    await knex.destroy();
    await owner.destroy();
    await tracing?.shutdown();
    if (!shared) await database.drop();
    await telemetry.check();
  };
  return {
    url,
    port: server.port,
    send,
    managementUrl: `http://127.0.0.1:${management.port}`,
    knex,
    owner,
    database,
    config,
    tokens,
    signingKey,
    lifecycle,
    telemetry,
    logLines: telemetry.logLines,
    async samples() {
      const samples = samplesOf((await metrics.scrape()).text);
      noteMoved(samples);
      return samples;
    },
    tracing,
    newUser: () => registerUser(send),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
