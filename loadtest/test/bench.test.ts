import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { bareEnvironment } from '@sightline/testkit/process.ts';
import pg from 'pg';
import { contentionOf, isBusy } from '../bench/busy.ts';
import { type Condition, type ConditionName, conditions } from '../bench/conditions.ts';
import { kinds } from '../bench/kinds.ts';
import { quantile, sort } from '../bench/latencies.ts';
import { startGenerator } from '../bench/load.ts';
import { pinServerOf } from '../bench/pin-postgresql.ts';
import { type RecordedMachine, record, recordedPage } from '../bench/record.ts';
import { newTodo, requestsOf, type User } from '../bench/requests.ts';
import { type BenchResults, ratioOf, summarise } from '../bench/results.ts';
import { type Field, prepare } from '../bench/run.ts';
import { readBench, readSteps } from '../bench/settings.ts';
import { withSwitches } from '../bench/steps/run.ts';
import { application, steps } from '../bench/steps/steps.ts';
import { subject, type Variant, variants } from '../bench/variants.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const names = variants.map(({ name }) => name);
const peers = names.filter((name) => name !== subject);
const both = variants.filter(({ name }) => name === subject || name === 'fastify-pg');
const authenticating = variants.filter(({ authenticates }) => authenticates).map(({ name }) => name);

describe('every variant on one database', () => {
  let database: TestDatabase;
  let field: Field;
  let owner: User;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    field = await prepare(database.url, variants);
    [owner = owner] = field.users(variants[0] as Variant);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await field?.[Symbol.asyncDispose]();
    await database?.drop();
  });

  async function ask(
    name: string,
    path: string,
    init: RequestInit = {},
    token = owner.token,
  ): Promise<Answer> {
    const url = field.running.find(({ variant }) => variant.name === name)?.url;
    const headers = {
      ...(token && { Authorization: `Bearer ${token}` }),
      'Content-Type': 'application/json',
    };
    const answer = await fetch(`${url}${path}`, { ...init, headers });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  }
  const create = (name: string, todo: object) =>
    ask(name, '/v1/todos', { method: 'POST', body: JSON.stringify(todo) });

  test.each(peers)('%s answers with a todo as the service does', async (name) => {
    for (const id of owner.ids.slice(0, 20)) {
      const answer = await ask(subject, `/v1/todos/${id}`);
      expect(answer).toMatchObject({ status: 200, body: { id } });
      expect(await ask(name, `/v1/todos/${id}`)).toEqual(answer);
    }
    const unknown = await ask(name, '/v1/todos/01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70');
    expect(unknown.status).toBe(404);
  });

  test.each(peers)('%s lists todos page by page as the service does', async (name) => {
    let path = '/v1/todos?limit=20';
    for (const _page of [1, 2, 3]) {
      const answer = await ask(subject, path);
      expect(answer.body['items']).toHaveLength(20);
      expect(await ask(name, path)).toEqual(answer);
      path = `/v1/todos?limit=20&cursor=${answer.body['next_cursor']}`;
    }
    const last = await ask(subject, '/v1/todos?limit=100');
    expect(last.body['next_cursor']).toEqual(expect.any(String));
  });

  test.each(peers)('%s makes a todo with its event as the service does', async (name) => {
    for (const todo of [newTodo, { title: 'Only a title' }]) {
      const expected = await create(subject, todo);
      const { status, body } = await create(name, todo);
      expect(status).toBe(201);
      const own = { id: expect.any(String), created_at: expect.any(String), updated_at: expect.any(String) };
      expect(body).toEqual({ ...expected.body, ...own });
      const { rows } = await client.query(
        'select actor_id, action, changes from todo_events where todo_id = $1',
        [body['id']],
      );
      expect(rows).toEqual([{ actor_id: field.seeded.owner.userId, action: 'created', changes: {} }]);
    }
    await field.seeded.reset();
    const { body } = await ask(name, '/v1/todos?limit=1');
    expect(body['items']).toMatchObject([{ id: owner.ids[0] }]);
  });

  test.each(authenticating)('%s asks for the access token', async (name) => {
    const path = `/v1/todos/${owner.ids[0]}`;
    expect((await ask(name, path, {}, '')).status).toBe(401);
    const [header, payload, signature = ''] = owner.token.split('.');
    const forged = [header, payload, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join(
      '.',
    );
    expect((await ask(name, path, {}, forged)).status).toBe(401);
  });
});

const lacks = (...programs: readonly string[]) =>
  programs.filter((program) => spawnSync(program, ['--version']).error !== undefined);

describe.each<[string, Condition, string[]]>([
  ['many users', { about: '', users: 50 }, []],
  ['TLS', conditions.tls, lacks('haproxy', 'openssl')],
  ['a pooler', conditions.pooler, lacks('pgbouncer')],
])('under the condition of %s', (name, condition, missing) => {
  const reason = missing.length === 0 ? '' : ` (skipped: there is no ${missing.join(' and no ')})`;
  const able = missing.length === 0 ? test : test.skip;

  able(`the service and a peer are asked for each kind of request${reason}`, async () => {
    const database = await createTestDatabase();
    const field = await prepare(database.url, both, condition);
    const generator = startGenerator();
    try {
      for (const { variant, url } of field.running) {
        const users = field.users(variant);
        expect(users).toHaveLength(name === 'many users' && variant.authenticates ? 50 : 1);
        expect(url).toMatch(name === 'TLS' ? /^https:/ : /^http:/);
        for (const kind of kinds) {
          const requests = requestsOf(kind, users);
          const { statuses, errors } = await generator.load({ url, requests, connections: 2, seconds: 1 });
          expect([kind, errors, statuses]).toEqual([
            kind,
            0,
            { [kind === 'create' ? 201 : 200]: expect.any(Number) },
          ]);
        }
      }
    } finally {
      generator.stop();
      await field[Symbol.asyncDispose]();
      await database.drop();
    }
  });
});

describe('the service with switches in it', () => {
  let database: TestDatabase;
  let field: Field;
  beforeAll(async () => {
    database = await createTestDatabase();
    field = await prepare(database.url, [withSwitches()]);
  });
  afterAll(async () => {
    await field?.[Symbol.asyncDispose]();
    await database?.drop();
  });

  /** @returns the answers to each kind of request, with everything and then with something left out */
  async function answersWithout(left: readonly string[]) {
    const [service] = field.running;
    async function answers(without: readonly string[]) {
      await service?.leaveOut(without);
      const all = [];
      for (const kind of kinds) {
        const [{ path, method, headers, body } = {}] = requestsOf(kind, field.users(withSwitches()));
        const answer = await fetch(`${service?.url}${path}`, { method, headers, body } as RequestInit);
        all.push({ status: answer.status, names: [...answer.headers.keys()], body: await answer.json() });
      }
      await field.seeded.reset();
      return all;
    }
    return { before: await answers([]), after: await answers(left) };
  }
  /** A todo that was created is another each time, unless it was the statement that was left out. */
  const withoutTimes = (answers: unknown) =>
    JSON.parse(JSON.stringify(answers), (name, value) =>
      ['id', 'created_at', 'updated_at'].includes(name) ? '' : value,
    );

  test.each([...steps, application].map(({ name }) => name))('answers the same without: %s', async (name) => {
    const { before, after } = await answersWithout([name]);
    const seen = (answers: typeof before) =>
      withoutTimes(answers.map(({ status, body }) => ({ status, body })));
    expect(seen(after)).toEqual(seen(before));
    expect(before.map(({ status }) => status)).toEqual([200, 200, 201]);
  });

  test('answers without all of them, and lacks the headers that they would have set', async () => {
    const { before, after } = await answersWithout(steps.map(({ name }) => name));
    expect(after.map(({ status }) => status)).toEqual([200, 200, 201]);
    const lost = before[0]?.names.filter((name) => !after[0]?.names.includes(name));
    expect(lost).toEqual(
      expect.arrayContaining(['ratelimit', 'strict-transport-security', 'traceresponse', 'x-request-id']),
    );
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function startBench(
    settings: Readonly<Record<string, string>>,
    file = '../../e2e/load/bench.ts',
  ): ChildProcess & { said: () => string } {
    const program = resolve(import.meta.dirname, file);
    const { TEST_DATABASE_URL } = process.env;
    const child = spawn(process.execPath, [program], {
      env: { ...bareEnvironment, TEST_DATABASE_URL, STACK_DIR: folder, ...settings },
    });
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    return Object.assign(child, { said: () => said });
  }
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

  test('measures what it is told to, prints a table and writes both files', async () => {
    const settings = { ONLY: 'http-pg,fastify-pg', KINDS: 'create', CONNECTIONS: '2' };
    const child = startBench({ ...settings, ROUNDS: '2', SECONDS: '1' });
    const [code] = await once(child, 'close');
    expect([code, child.said()]).toEqual([0, expect.stringContaining('POST /v1/todos')]);
    const number = expect.any(Number);
    const measured = {
      create: expect.objectContaining({ rps: number, p50: number, p99: number, rpsOfProcessor: number }),
    };
    const results = { rounds: 2, variants: { 'http-pg': measured, 'fastify-pg': measured }, ratios: {} };
    expect(read('bench.json')).toMatchObject(results);
    expect(read('report/report.json')).toMatchObject({ checks: [], bench: results });
  });

  test('measures a step of a request with it and without it', async () => {
    const settings = { STEPS: 'statement', KINDS: 'get', CONNECTIONS: '2', ROUNDS: '1', SECONDS: '1' };
    const child = startBench(settings, '../bench/steps.ts');
    const [code] = await once(child, 'close');
    expect([code, child.said()]).toEqual([0, expect.stringMatching(/^statement +-?\d+\.\d \(/m)]);
    const micros = { median: expect.any(Number), spread: [expect.any(Number), expect.any(Number)] };
    const measured = { whole: micros, steps: { statement: micros }, together: micros, server: micros };
    expect(read('bench-steps.json').kinds).toEqual({ get: measured });
    expect(readSteps({}).steps).toEqual(steps);
    expect(() => readSteps({ STEPS: 'koa' })).toThrow(/^STEPS is "koa"; it takes some of connection-order, /);
  });

  test.each([
    [{ ROUNDS: '0' }, 'ROUNDS is "0"; it takes an integer from 1 to 100.'],
    [{ SECONDS: '1.5' }, 'SECONDS is "1.5"; it takes an integer from 1 to 600.'],
    [{ CONNECTIONS: 'many' }, 'CONNECTIONS is "many"; it takes an integer from 1 to 1000.'],
    [
      { KINDS: 'get,delete' },
      'KINDS is "get,delete", of which "delete" is wrong; it takes some of get, list, create, separated by commas.',
    ],
    [
      { RECORD: '../laptop' },
      'RECORD is "../laptop"; it takes a name for this machine: small letters, digits and hyphens.',
    ],
    [
      { CONDITION: 'rain' },
      'CONDITION is "rain"; it takes one of usual, many-connections, many-users, tls, pooler.',
    ],
    [{ ONLY: 'express' }, `ONLY is "express"; it takes some of ${names.join(', ')}, separated by commas.`],
  ])('refuses %j with a sentence', (settings, sentence) => {
    expect(() => readBench(settings)).toThrow(sentence);
  });

  test('all that it started ends with it when it is killed', async () => {
    const child = startBench({ ONLY: 'sightline,fastify-full', KINDS: 'get' });
    await eventually(() => child.said().includes('warming up'), 60_000);
    const started = () =>
      spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
        .stdout.split('\n')
        .flatMap((line) => {
          const [pid, parent] = line.trim().split(/\s+/).map(Number);
          return parent === child.pid && pid !== undefined ? [pid] : [];
        });
    const pids = started();
    expect(pids.length).toBeGreaterThanOrEqual(3);
    child.kill('SIGKILL');
    await once(child, 'close');
    await eventually(() => spawnSync('ps', ['-o', 'pid=', '-p', pids.join(',')]).status !== 0);
  });
});

describe('what was measured', () => {
  const round = (rps: number, p99 = 5) => ({
    ...{ rps, p50: 1, p99, rpsOfProcessor: 2 * rps, generatorBusy: 0.5 },
  });

  test('comes to medians with the lowest and the highest', () => {
    const summary = summarise([round(100, 9), round(300, 7), round(200, 8)]);
    expect(summary).toMatchObject({ rps: 200, p99: 8, spread: { rps: [100, 300], p99: [7, 9] } });
    expect(summarise([round(100), round(200)]).rps).toBe(150);
  });

  test('is compared round by round, so that a slow round counts for neither', () => {
    const ratio = ratioOf([round(100), round(20), round(110)], [round(50), round(10), round(100)]);
    expect(ratio).toEqual({ median: 2, spread: [1.1, 2] });
    const busier = ratioOf([{ ...round(100), rpsOfProcessor: 300 }], [round(50)], 'rpsOfProcessor');
    expect(busier.median).toBe(3);
  });

  test('has quantiles', () => {
    expect(quantile(sort([10, 9, 2, 1]), 0.5)).toBe(2);
    expect(quantile(sort([3, 1, 2]), 0.99)).toBe(3);
  });
});

test('a load at a pace sends on while answers are late, and counts from when each request was due', async () => {
  const server = createServer((_request, response) => {
    // Half as fast as it is asked.
    setTimeout(() => response.end('{}'), 20);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const generator = startGenerator();
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const requests = [{ method: 'GET', path: '/' }] as const;
    const seen = await generator.load({ url, requests, connections: 1, seconds: 1, rate: 100 });
    expect(seen).toMatchObject({ errors: 0, statuses: { 200: seen.answers } });
    expect(seen.answers).toBeGreaterThanOrEqual(95);
    // The last one waited for all that were late before it.
    expect(seen.p99).toBeGreaterThan(800);
  } finally {
    generator.stop();
    server.close();
  }
});

describe('a machine that does something else', () => {
  test('is told by looks at which work was held up', () => {
    const looks = (held: number) => contentionOf([...Array(20 - held).fill(1.02), ...Array(held).fill(1.3)]);
    expect(looks(1)).toEqual({ looks: 20, busy: 1 });
    expect([looks(0), looks(1), looks(2)].map(isBusy)).toEqual([false, false, true]);
  });

  const noTaskset = spawnSync('taskset', ['-V']).status === 0 ? '' : ' (skipped: no taskset)';
  const withTaskset = noTaskset === '' ? test : test.skip;
  const taskset = (...args: readonly string[]) => ['taskset', ['-c', ...args]] as const;

  withTaskset(`holds up the work of who shares a core with it${noTaskset}`, () => {
    const measure =
      "import('@sightline/testkit/keep-busy.ts').then(({ keepBusy }) => console.log(keepBusy(100)))";
    const busy = Array.from({ length: 3 }, () =>
      spawn(...taskset('0', process.execPath, '-e', 'for (;;);'), { stdio: 'ignore' }),
    );
    try {
      const { stdout } = spawnSync(...taskset('0', process.execPath, '-e', measure), {
        cwd: resolve(import.meta.dirname, '..'),
        encoding: 'utf8',
      });
      expect(Number(stdout)).toBeGreaterThan(125);
    } finally {
      for (const one of busy) one.kill('SIGKILL');
    }
  });

  withTaskset(`is kept off a core with its processes, those that are to come too${noTaskset}`, async () => {
    const server = spawn('sh', ['-c', 'sleep 60 & echo $!; read line; sleep 60 & echo $!; wait'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const children = () => said.trim().split(/\s+/).map(Number);
    try {
      await eventually(() => children().length === 1 && said.endsWith('\n'));
      expect(pinServerOf(children()[0] ?? 0, '0')).toBe(true);
      server.stdin.write('\n');
      await eventually(() => children().length === 2);
      for (const pid of [server.pid, ...children()])
        expect(spawnSync(...taskset('-p', String(pid)), { encoding: 'utf8' }).stdout).toMatch(/: 0$/m);
    } finally {
      if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
    }
    expect(pinServerOf(999_999_999, '0')).toBe(false);
  });
});

describe('runs that are kept', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-record-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (day: number, ratio: number, busy = 0, durable = false, condition: ConditionName = 'usual') =>
    ({
      ...{ date: `2026-12-0${day}T10:00:00.000Z`, rounds: 5 },
      settings: { seconds: 3, connections: 64, condition },
      machine: { durable, contention: { looks: 100, busy } },
      ratios: { 'fastify-pg': { get: ratio + 0.1 } },
      ratiosOfProcessor: { 'fastify-pg': { get: ratio, create: 1 }, 'sightline-quiet': { get: 0.8 } },
      atSeventyPercent: { get: { p99: 24.4, generatorBusy: 0.5 } },
      variants: { sightline: {} },
    }) as unknown as BenchResults;

  test('are the five newest of each machine under each condition', () => {
    record('laptop', run(1, 1, 0, true), folder);
    record('laptop', run(1, 1, 0, false, 'tls'), folder);
    for (const day of [1, 2, 3, 4, 5, 6]) record('laptop', run(day, 1), folder);
    const { runs } = JSON.parse(readFileSync(join(folder, 'laptop.json'), 'utf8')) as RecordedMachine;
    expect(runs.map(({ date }) => date.slice(8, 10))).toEqual(['01', '01', '02', '03', '04', '05', '06']);
    expect(runs[0]).not.toHaveProperty('variants');
  });

  test('are a page, with the range of all and each run by itself', () => {
    const page = recordedPage([
      { name: 'laptop', runs: [run(1, 0.7), run(2, 1.05, 40)] },
      { name: 'server', runs: [run(3, 0.5, 0, true), run(4, 0.6, 0, false, 'tls')] },
    ]);
    expect(page).toContain('get one 0.70 to 1.05');
    expect(page).toContain('| server, 2026-12-04, TLS by HAProxy | `fastify-pg` | 0.60 (0.70) |');
    expect(page).toContain('| laptop, 2026-12-02, busy | `fastify-pg` | 1.05 (1.15) | – (–) | 1.00 (–) |');
    expect(page).toContain(
      '| server, 2026-12-03, waiting for the disk | 5 × 3 s, 64 connections | 24 (50 %) | – | – |',
    );
  });
});
