/**
 * `make bench-scale`: whether requests take longer when there are many todos. Fills a database with ROWS (10,000,000)
 * todos of USERS (a thousandth), of which one has a fortieth, and another with 10,000; then sends REQUESTS (200) of each kind to a
 * service on either, by turns, and has PostgreSQL explain each kind's statements. SEED (1) gives other todos.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Guardian, startGuardian } from '@sightline/servers/guardian.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import pg from 'pg';
import { goalLines } from './goals.ts';
import { writeResult } from './result-file.ts';
import { type Comparison, casesOf } from './scale/cases.ts';
import { type Dataset, datasetOf } from './scale/dataset.ts';
import { fill } from './scale/fill.ts';
import { type Case, explain, type Grounds, measure, type Times } from './scale/measure.ts';
import { type Execution, executionsFrom, explainOn } from './scale/plans.ts';
import { showFilling } from './scale/progress.ts';
import { goalsOf, growthOf, growthTable, planTable, resultOf } from './scale/report.ts';
import { readScaleSettings, type ScaleSettings, smallRows, usersOf } from './scale/settings.ts';
import { prepareServer } from './scale/space.ts';
import { migrate, type Service, startService } from './service.ts';

/** A filled database. */
interface Filled {
  readonly database: TestDatabase;
  readonly dataset: Dataset;
  readonly client: pg.Client;
}
type Both<Thing> = Readonly<Record<Case['database'], Thing>>;

const say = (line: string) => console.error(line);

function fromServer(name: 'TEST_DATABASE_ADMIN_URL' | 'TEST_DATABASE_LOG'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this by \`make bench-scale\`.`);
  return value;
}

async function filled(rows: number, users: number, seed: number): Promise<Filled> {
  const database = await createTestDatabase();
  const dataset = datasetOf(rows, users, seed);
  await migrate(database.url);
  await fill(database.url, dataset, showFilling(rows));
  const client = new pg.Client({ connectionString: database.url, options: '-c TimeZone=UTC' });
  await client.connect();
  return { database, dataset, client };
}

/** Starts a service on each database, for as long as the work takes. */
async function withServices<Result>(
  databases: Both<Filled>,
  place: { readonly folder: string; readonly guardian: Guardian },
  work: (grounds: Grounds) => Promise<Result>,
): Promise<Result> {
  const services: Service[] = [];
  const on = async ({ database, dataset }: Filled) => {
    const service = await startService({ databaseUrl: database.url, ...place });
    services.push(service);
    return { service, token: await service.tokenOf(dataset.userId) };
  };
  try {
    return await work({ small: await on(databases.small), large: await on(databases.large) });
  } finally {
    for (const service of services) await service.stop();
  }
}

const onLarge = ({ large, second, deep }: Comparison): Case[] =>
  [large, second, deep].filter((one) => one !== undefined);
const allOf = (comparisons: readonly Comparison[]): Case[] =>
  comparisons.flatMap((one) => [one.small, ...onLarge(one)]);

/**
 * The cases with as many requests to either service; else V8 would have more reason to make one of them fast.
 */
const evenly = (comparisons: readonly Comparison[]): Case[] =>
  comparisons.flatMap((one) => {
    const [, ...further] = onLarge(one);
    return [one.small, ...onLarge(one), ...further.map(() => ({ ...one.small }))];
  });

async function compare(
  databases: Both<Filled>,
  { rows, users, requests, seed }: ScaleSettings,
  guardian: Guardian,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-scale-'));
  guardian.entrust({ remove: folder });
  const place = { folder, guardian };
  const listed = ({ client, dataset: { userId } }: Filled) => ({ client, userId });
  const { page, reads, writes } = await casesOf(listed(databases.small), listed(databases.large));

  // Explained before they are measured: what is created on the way is cleaned up by a vacuum below.
  const all = Object.values(databases);
  const reset: (() => Promise<void>)[] = [];
  for (const { database } of all)
    reset.push(await explainOn(fromServer('TEST_DATABASE_ADMIN_URL'), database.url));
  say('explaining the statements …');
  const executions: Map<Case, readonly Execution[]> = await withServices(databases, place, (grounds) =>
    explain(grounds, allOf([...reads, ...writes]), executionsFrom(fromServer('TEST_DATABASE_LOG'))),
  );
  for (const turnOff of reset) await turnOff();
  // New entries of an inverted index lie in a list of their own until then, which each search reads.
  for (const { client } of all) await client.query('vacuum todos');

  const times = await withServices(databases, place, async (grounds) => {
    const each = (what: string) => (round: number) => {
      if (round % 50 === 0) say(`${what}: round ${round} of ${requests} …`);
    };
    const found: Map<Case, Times> = await measure(grounds, evenly(reads), requests, each('reads'));
    // Afterwards, for the same reason.
    for (const [one, result] of await measure(grounds, allOf(writes), requests, each('writes')))
      found.set(one, result);
    return found;
  });

  const comparisons = [...reads, ...writes];
  const results = new Map(
    allOf(comparisons).map((one) => [one, resultOf(one, times.get(one), executions.get(one))]),
  );
  const growths = comparisons.map((one) => growthOf(one, results));
  const goals = goalsOf(growths, results, page);
  const sizes = {
    small: `${smallRows.toLocaleString('en')} todos`,
    large: rows.toLocaleString('en'),
    page,
  };
  console.log(
    `\n${growthTable(comparisons, results, sizes)}\n\n${planTable(results)}\n\n${goalLines(goals)}`,
  );
  const user = databases.large.dataset.userTodos;
  const file = writeResult('bench-scale.json', {
    ...{ rows, users, smallRows, userTodos: user, page, requests, seed },
    cases: [...results.values()],
    growths,
    goals,
  });
  console.log(
    `\nMedians of ${requests} requests each, one at a time, of a user with ${user.toLocaleString('en')} todos. All numbers: ${file}`,
  );
}

async function main(): Promise<void> {
  const settings = readScaleSettings(process.env);
  await prepareServer(fromServer('TEST_DATABASE_ADMIN_URL'), settings.rows + smallRows, say);
  const guardian = startGuardian();
  const databases: Filled[] = [];
  try {
    const small = await filled(smallRows, usersOf(smallRows), settings.seed);
    databases.push(small);
    const large = await filled(settings.rows, settings.users, settings.seed);
    databases.push(large);
    await compare({ small, large }, settings, guardian);
  } finally {
    await guardian.release();
    for (const { client, database } of databases) {
      await client.end();
      await database.drop();
    }
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
