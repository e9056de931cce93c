/**
 * Measures the service and its peers side by side: each round measures every variant on every kind of request, in
 * another order each time, so that a machine that slows down slows down all of them. The ratios are what counts.
 */
import { availableParallelism, cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '@sightline/app/src/config.ts';
import { createAccessTokens, generateSigningKey } from '@sightline/app/src/sessions/access-tokens.ts';
import { startPgBouncer } from '@sightline/testkit/pgbouncer.ts';
import { type Contention, contentionOf } from './busy.ts';
import { type Condition, conditions } from './conditions.ts';
import { type Kind, kinds, titles } from './kinds.ts';
import { type Generator, type Seen, startGenerator } from './load.ts';
import { coresLeft, pinServerOf } from './pin-postgresql.ts';
import { requestsOf, type User } from './requests.ts';
import {
  type AtRate,
  type BenchResults,
  type ByKind,
  type ByVariant,
  type Measurement,
  median,
  ratioOf,
  summarise,
} from './results.ts';
import { type Seeded, type SeededUser, seed } from './seed.ts';
import type { Settings } from './settings.ts';
import { canPin, type Running, start } from './start.ts';
import { startTlsProxy } from './tls-proxy.ts';
import { subject, type Variant, type VariantInputs } from './variants.ts';

const warmUpSeconds = 2;
/** The share of its peak at which a variant's latencies are measured. */
const shareOfPeak = 0.7;
const secondsAtRate = 15;
/** Until a server has noticed that the connections of the last measurement are gone. */
const pauseMs = 100;
const expected: Readonly<Record<Kind, string>> = { get: '200', list: '200', create: '201' };
const tokenSeconds = 86_400;
/** Connections of PgBouncer to PostgreSQL, as it has unless it is told otherwise. */
const poolSize = 20;

/** The variants, up and answering on one database, and who asks them. */
export interface Field extends AsyncDisposable {
  readonly seeded: Seeded;
  /** The users who ask a variant. */
  users(variant: Variant): readonly User[];
  readonly running: readonly Running[];
}

/**
 * Fills an empty database and starts variants on it.
 * @throws Error that says which didn't start, and the end of its output
 */
export async function prepare(
  databaseUrl: string,
  variants: readonly Variant[],
  { users, proxy, pooler }: Condition = conditions.usual,
): Promise<Field> {
  const signingKey = generateSigningKey();
  const config = readConfig({ DATABASE_URL: databaseUrl, ACCESS_TOKEN_SECONDS: String(tokenSeconds) });
  await using started = new AsyncDisposableStack();
  const seeded = await seed(databaseUrl, users);
  started.defer(() => seeded.close());
  const tokens = await createAccessTokens([signingKey], config);
  const withToken = async ({ ids, ...who }: SeededUser): Promise<User> => ({
    ids,
    token: (await tokens.issue(who)).token,
  });
  const owner = await withToken(seeded.owner);
  const crowd = await Promise.all(seeded.crowd.map(withToken));
  const pool = pooler && started.use(await startPgBouncer(databaseUrl, poolSize));
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  const inputs: VariantInputs = {
    ...{ databaseUrl: pool?.via(databaseUrl) ?? databaseUrl, isPooled: pool !== undefined },
    ...{ ownerId: seeded.owner.userId, signingKey, issuer, audience, isProxied: proxy === true },
  };
  const running: Running[] = [];
  started.defer(async () => {
    await Promise.all(running.map((one) => one.stop()));
  });
  for (const variant of variants) running.push(await start(variant, inputs, owner.token));
  const tls = proxy && (await startTlsProxy(running.map(({ url }) => url)));
  if (tls) started.defer(() => tls.stop());
  const all = started.move();
  return {
    seeded,
    users: ({ authenticates }) => (authenticates && crowd.length > 0 ? crowd : [owner]),
    running: running.map((one) => ({ ...one, url: tls?.via(one.url) ?? one.url })),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** @throws Error with a sentence when an answer was not as it should be */
export function check({ variant, log }: Running, kind: Kind, { statuses, errors }: Seen): void {
  const wrong = Object.entries(statuses).find(([status]) => status !== expected[kind]);
  if (wrong === undefined && errors === 0 && statuses[expected[kind]] !== undefined) return;
  const what =
    wrong !== undefined
      ? `answered ${titles[kind]} with ${wrong[0]}, ${wrong[1]} times`
      : errors > 0
        ? `broke ${errors} connections or answers of ${titles[kind]}`
        : `answered ${titles[kind]} not even once`;
  throw new Error(
    `${variant.name} ${what}: nothing is measured that way. Its output ends with:\n${log.end(1000)}`,
  );
}

interface Load {
  readonly seconds: number;
  readonly connections: number;
  readonly rate?: number;
}

/** The instruments of a run. */
export interface Instruments {
  readonly field: Field;
  readonly generator: Generator;
  /** How many times as long work took after each measurement, on the core where it took longest. */
  readonly slowdowns: number[];
}

/** A run under way. */
interface Bench extends Instruments {
  readonly settings: Settings;
  readonly say: (line: string) => void;
}

/** Measures one variant once; what it created is removed again. */
export async function measure(
  { field: { seeded, users }, generator, slowdowns }: Instruments,
  running: Running,
  kind: Kind,
  load: Load,
): Promise<Seen & Pick<Measurement, 'rpsOfProcessor'>> {
  const requests = requestsOf(kind, users(running.variant));
  const before = await running.processorSeconds();
  const seen = await generator.load({ url: running.url, requests, ...load });
  const atWork = (await running.processorSeconds()) - before;
  check(running, kind, seen);
  await delay(pauseMs);
  slowdowns.push(Math.max(await running.slowdown(), await generator.slowdown()));
  running.log.empty();
  if (kind === 'create') await seeded.reset();
  return { ...seen, rpsOfProcessor: seen.answers / atWork };
}

const connectionsOf = ({ connections, condition }: Settings): number =>
  conditions[condition].connections ?? connections;

const milliseconds = (ms: number) => `${ms.toFixed(1)} ms`;
const perSecond = (rps: number) => `${Math.round(rps).toLocaleString('en')}/s`;

/** The measurements of each round, by the name of the variant and then by kind. */
type Rounds = ReadonlyMap<string, ReadonlyMap<Kind, readonly Measurement[]>>;

async function measureRounds(bench: Bench): Promise<Rounds> {
  const { field, settings, say } = bench;
  const { rounds, seconds, kinds: chosen } = settings;
  const connections = connectionsOf(settings);
  const { running } = field;
  const all = new Map(
    running.map(({ variant }) => [
      variant.name,
      new Map(chosen.map((kind): [Kind, Measurement[]] => [kind, []])),
    ]),
  );
  for (const one of running) {
    say(`warming up ${one.variant.name}`);
    for (const kind of chosen) await measure(bench, one, kind, { seconds: warmUpSeconds, connections });
  }
  for (let round = 0; round < rounds; round += 1)
    for (const kind of chosen) {
      const first = (round + kinds.indexOf(kind)) % running.length;
      for (const one of [...running.slice(first), ...running.slice(0, first)]) {
        const { name } = one.variant;
        const seen = await measure(bench, one, kind, { seconds, connections });
        const { rps, p50, p99, rpsOfProcessor, busy } = seen;
        all.get(name)?.get(kind)?.push({ rps, p50, p99, rpsOfProcessor, generatorBusy: busy });
        say(
          `round ${round + 1} of ${rounds}  ${kind.padEnd(6)}  ${name.padEnd(17)}  ${perSecond(rps).padStart(9)}  ` +
            `p50 ${milliseconds(p50)}  p99 ${milliseconds(p99)}`,
        );
      }
    }
  return all;
}

/** The service below its peak: whoever sends as much as fits measures queues. */
async function measureAtRate(bench: Bench, service: Running, rounds: Rounds): Promise<ByKind<AtRate>> {
  const { settings, say } = bench;
  const { kinds: chosen } = settings;
  const connections = connectionsOf(settings);
  const measured: Partial<Record<Kind, AtRate>> = {};
  for (const kind of chosen) {
    const peak = median((rounds.get(subject)?.get(kind) ?? []).map(({ rps }) => rps));
    const rate = Math.round(peak * shareOfPeak);
    const load = { seconds: secondsAtRate, connections, rate };
    const { rps, p50, p99, busy } = await measure(bench, service, kind, load);
    measured[kind] = { rps, p50, p99, generatorBusy: busy };
    say(`at 70 % of its peak  ${kind.padEnd(6)}  ${perSecond(rps).padStart(9)}  p99 ${milliseconds(p99)}`);
  }
  return measured;
}

/** The results of `of`, by kind. */
function byKind<What>(chosen: readonly Kind[], of: (kind: Kind) => What): ByKind<What> {
  return Object.fromEntries(chosen.map((kind) => [kind, of(kind)])) as ByKind<What>;
}

/** The results of `of`, by variant and kind. */
function byVariant<What>(
  { variants, kinds: chosen }: Settings,
  of: (name: string, kind: Kind) => What,
): ByVariant<What> {
  return Object.fromEntries(variants.map(({ name }) => [name, byKind(chosen, (kind) => of(name, kind))]));
}

export function machineOf(
  { version, durable }: Seeded['server'],
  contention: Contention,
  postgresqlPinned: boolean,
): BenchResults['machine'] {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    pinned: canPin,
    postgresqlPinned,
    node: process.versions.node,
    postgresql: version,
    durable,
    contention,
  };
}

/**
 * @param databaseUrl an empty database
 * @param say takes lines of progress
 * @throws Error with a sentence when a variant doesn't start, or answers otherwise than it should
 */
export async function runBench(
  settings: Settings,
  databaseUrl: string,
  say: (line: string) => void,
): Promise<BenchResults> {
  await using field = await prepare(databaseUrl, settings.variants, conditions[settings.condition]);
  const { seeded, running } = field;
  const others = canPin ? coresLeft(availableParallelism()) : undefined;
  const postgresqlPinned = others !== undefined && pinServerOf(seeded.server.backend, others);
  const generator = startGenerator();
  try {
    const bench: Bench = { field, generator, settings, say, slowdowns: [] };
    const rounds = await measureRounds(bench);
    const of = (name: string, kind: Kind) => rounds.get(name)?.get(kind) ?? [];
    const service = running.find(({ variant }) => variant.name === subject);
    const peers = service ? settings.variants.filter(({ name }) => name !== subject) : [];
    const ratio = (name: string, kind: Kind, by: 'rps' | 'rpsOfProcessor' = 'rps') =>
      ratioOf(of(subject, kind), of(name, kind), by);
    const compared = { ...settings, variants: peers };
    const { seconds, condition } = settings;
    const atSeventyPercent = service ? await measureAtRate(bench, service, rounds) : {};
    return {
      rounds: settings.rounds,
      variants: byVariant(settings, (name, kind) => summarise(of(name, kind))),
      ratios: byVariant(compared, (name, kind) => ratio(name, kind).median),
      ratioSpreads: byVariant(compared, (name, kind) => ratio(name, kind).spread),
      ratiosOfProcessor: byVariant(compared, (name, kind) => ratio(name, kind, 'rpsOfProcessor').median),
      goals: Object.fromEntries(
        settings.variants.flatMap(({ name, goal }) => (goal === undefined ? [] : [[name, goal]])),
      ),
      about: Object.fromEntries(settings.variants.map(({ name, about }) => [name, about])),
      atSeventyPercent,
      settings: { seconds, connections: connectionsOf(settings), condition },
      machine: machineOf(seeded.server, contentionOf(bench.slowdowns), postgresqlPinned),
      date: new Date().toISOString(),
    };
  } finally {
    generator.stop();
  }
}
