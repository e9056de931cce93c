/**
 * A benchmark of what the signals cost: the same requests to the same process without any of them, with
 * metrics and logs, and with spans of 1 % of the requests as well. Each round measures all of them in turn,
 * in another order each time, so that a machine that slows down slows down all; the ratios to `off` are what
 * counts. Beside requests per second it prints those per second of the server's own CPU time, which others on
 * the machine disturb less. `make bench-telemetry` runs it on a database of the tests. ROUNDS (7) and SECONDS
 * (3) of each case are settings.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CpuProfile } from '@sightline/app/src/management/cpu-profile.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { keepAliveClient } from '@sightline/testkit/keep-alive.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { openAccount } from '../../accounts.ts';
import { callTree, functionsBySelfTime } from './call-tree.ts';
import { type Cpu, type Question, type Variant, variants } from './telemetry-variants.ts';

const rounds = Number(process.env['ROUNDS'] ?? 7);
const seconds = Number(process.env['SECONDS'] ?? 3);
const connections = 16;
const warmUpMs = 2000;

interface Result {
  /** Requests per second. */
  readonly rate: number;
  /** Requests per second of CPU time of the server. */
  readonly ofCpu: number;
}

type Kind = 'GET' | 'POST';
const kinds: readonly Kind[] = ['GET', 'POST'];

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

const database = await createTestDatabase();
const environment = {
  DATABASE_URL: database.url,
  ...{ RATE_LIMIT_IP: '0', RATE_LIMIT_USER: '0', RATE_LIMIT_SESSIONS: '0', MAX_REQUESTS_PER_CONNECTION: '0' },
};
const migration = startProcess('database/migrate.ts', environment);
if ((await migration.ended) !== 0) throw new Error(`The migration failed: ${migration.output()}`);

// Log lines go where a supervisor's would: into a file.
const logFolder = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
process.once('exit', () => rmSync(logFolder, { recursive: true, force: true }));
const log = openSync(join(logFolder, 'log'), 'a');
const server = spawn(process.execPath, [resolve(import.meta.dirname, 'telemetry-server.ts')], {
  env: { PATH: process.env['PATH'], ...environment },
  stdio: ['ignore', log, 'inherit', 'ipc'],
});
process.once('exit', () => server.kill('SIGKILL'));
const [{ ports }] = (await once(server, 'message')) as [{ ports: Record<Variant, number> }];

async function ask<Answer>(question: Question): Promise<Answer> {
  const answered = once(server, 'message');
  server.send(question);
  const [answer] = (await answered) as [Answer];
  return answer;
}
const cpuMs = async () => (await ask<Cpu>({ ask: 'cpu' })).cpuMs;

const urlOf = (variant: Variant) => `http://127.0.0.1:${ports[variant]}`;
const { token, todoId } = await openAccount(urlOf('off'), false);

/** Asks without a pause, on all connections. @returns how many answers came */
async function load(variant: Variant, kind: Kind, ms: number): Promise<number> {
  const { send, close } = keepAliveClient(urlOf(variant), connections);
  const end = performance.now() + ms;
  let answers = 0;
  const askAgain = async () => {
    while (performance.now() < end) {
      const { status } =
        kind === 'GET'
          ? await send('GET', `/v1/todos/${todoId}`, token)
          : await send('POST', '/v1/todos', token, { title: 'Made', priority: 'high', labels: ['bench'] });
      if (status !== 200 && status !== 201) throw new Error(`${kind} answered ${status}`);
      answers += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, askAgain));
  close();
  return answers;
}

async function measure(variant: Variant, kind: Kind, ms: number): Promise<Result> {
  const cpuBefore = await cpuMs();
  const begun = performance.now();
  const answers = await load(variant, kind, ms);
  const elapsed = performance.now() - begun;
  const used = (await cpuMs()) - cpuBefore;
  return { rate: (answers / elapsed) * 1000, ofCpu: (answers / used) * 1000 };
}

for (const kind of kinds) for (const variant of variants) await measure(variant, kind, warmUpMs);
const results = new Map<string, Result[]>();
for (let round = 0; round < rounds; round += 1) {
  const order = variants.map((_, n) => variants[(n + round) % variants.length] as Variant);
  for (const kind of kinds)
    for (const variant of order) {
      const key = `${kind} ${variant}`;
      results.set(key, [...(results.get(key) ?? []), await measure(variant, kind, seconds * 1000)]);
      await delay(50);
    }
  console.error(`round ${round + 1} of ${rounds}`);
}

/** Median over the rounds of the ratio to `off` in the same round. */
function ratio(kind: Kind, variant: Variant, of: (result: Result) => number): string {
  const base = results.get(`${kind} off`) ?? [];
  const own = results.get(`${kind} ${variant}`) ?? [];
  return median(own.map((result, round) => of(result) / of(base[round] ?? result))).toFixed(3);
}

console.log('             requests/s   ratio   requests/CPU s   ratio');
for (const kind of kinds)
  for (const variant of variants) {
    const all = results.get(`${kind} ${variant}`) ?? [];
    const row = [
      `${kind.padEnd(4)} ${variant.padEnd(7)}`,
      median(all.map(({ rate }) => rate))
        .toFixed(0)
        .padStart(11),
      ratio(kind, variant, ({ rate }) => rate).padStart(7),
      median(all.map(({ ofCpu }) => ofCpu))
        .toFixed(0)
        .padStart(16),
      ratio(kind, variant, ({ ofCpu }) => ofCpu).padStart(7),
    ];
    console.log(row.join(' '));
  }

const [profile] = await Promise.all([
  ask<CpuProfile>({ ask: 'profile', seconds: 5 }),
  load('on', 'GET', 5500),
]);
console.log('\nWith metrics and logs on, GET, of the time that the server was busy:');
const tree = callTree(profile);
for (const { name, place, self } of functionsBySelfTime(tree).slice(0, Number(process.env['TOP'] ?? 10)))
  console.log(`${((100 * self) / tree.root.total).toFixed(1).padStart(6)} %  ${name}  ${place}`.trimEnd());

server.disconnect();
await once(server, 'exit');
closeSync(log);
await database.drop();
