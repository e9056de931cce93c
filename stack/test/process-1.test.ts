/** Every program of ours that is process 1 of a container, started as such, and told to stop at some moment. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  asSuperuser,
  BackupFixture,
  describeWithPgDump,
  scratchOf,
} from '@sightline/backup/test/support/backups.ts';
import { describeWithS3, startS3 } from '@sightline/backup/test/support/s3.ts';
import { freePort } from '@sightline/servers/free-port.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { createTestDatabase, query } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { bareEnvironment } from '@sightline/testkit/process.ts';
import pg from 'pg';
import { parseAllDocuments } from 'yaml';
import { readServices } from '../compose/file.ts';
import { readDockerfile } from '../images/dockerfile.ts';

/** Docker kills ten seconds after SIGTERM, Kubernetes thirty. On a machine that has much else to do it takes longer. */
const boundMs = 30_000;
const unshare = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const isPossible = spawnSync('unshare', [...unshare, 'true']).status === 0;

/** Whether a process has a handler of its own for SIGHUP: Node.js has one for SIGTERM from the start, which ends nothing. */
function listens(pid: number): boolean {
  const [, caught = '0'] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (BigInt(`0x${caught}`) & 1n) === 1n;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface ProcessOne {
  readonly output: () => string;
  /** Tells it to stop, and waits until it has ended. @returns its exit code, or the signal it died of */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts a program as process 1, and waits until it can be told to stop. */
async function startAsProcessOne(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ProcessOne> {
  const child = spawn('unshare', [...unshare, process.execPath, ...words], {
    cwd: checkout,
    env: { ...bareEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | string;
  });
  let pid = 0;
  const find = () => {
    pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ')[0]);
    return pid > 0 && listens(pid);
  };
  await eventually(find, 60_000).catch((cause: unknown) => {
    throw new Error(`${words[0]} hears no signal; it said: ${output}`, { cause });
  });
  return {
    output: () => output,
    async stop(signal = 'SIGTERM') {
      // It may have come to its end before.
      if (child.exitCode === null && existsSync(`/proc/${pid}`)) process.kill(pid, signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), boundMs);
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
  };
}

/** A moment, in milliseconds, that nobody chose. */
async function someMoment(max: number): Promise<number> {
  const moment = randomInt(max);
  const from = performance.now();
  await eventually(() => performance.now() - from >= moment);
  return moment;
}

/** Holds a lock, or anything else that a transaction can hold, until it is disposed of. */
async function holding(url: string, sql: string): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`begin; ${sql}`);
  return { [Symbol.asyncDispose]: () => client.end() };
}

const one = async (url: string, sql: string) => Object.values((await query(url, sql))[0] ?? {})[0];
const waitsForLock = (url: string) => async () =>
  Number(
    await one(
      url,
      "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    ),
  ) > 0;
/** Whether a program asks, again and again, for the lock of those that migrate. */
const asksForLock = (url: string) => async () =>
  Number(
    await one(
      url,
      `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         and query like '%pg_try_advisory_lock%'`,
    ),
  ) > 0;
/** Nobody else is connected, and no advisory lock is held. */
const isLeftAlone = (url: string) => async () =>
  Number(
    await one(
      url,
      `select (select count(*) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend')
       + (select count(*) from pg_locks join pg_database d on d.oid = database
         where locktype = 'advisory' and datname = current_database())`,
    ),
  ) === 0;

async function withDatabase(work: (url: string) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  try {
    await work(database.url);
  } finally {
    await database.drop();
  }
}

const service = (url: string) => ({ NODE_ENV: 'test', DATABASE_URL: url });
const migrate = ['app/src/database/migrate.ts', 'up'];
const codes = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;

function runMigrations(url: string): void {
  const { status, stderr } = spawnSync(process.execPath, migrate, {
    cwd: checkout,
    env: { ...bareEnvironment, ...service(url) },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

/** All migrations are there or none, and knex's own lock is free. */
async function expectWholeSchema(url: string): Promise<void> {
  const hasUsers = (await one(url, "select to_regclass('users')")) !== null;
  const isNoted = (await one(url, "select to_regclass('knex_migrations')")) !== null;
  const noted = isNoted ? Number(await one(url, 'select count(*) from knex_migrations')) : 0;
  const locked = isNoted
    ? Number(await one(url, 'select coalesce(max(is_locked), 0) from knex_migrations_lock'))
    : 0;
  expect({ hasUsers, locked }).toEqual({ hasUsers: noted > 0, locked: 0 });
}

/** Each ends by itself, at some moment and while it waits for something, and is looked at for what it leaves. */
const programs: Readonly<Record<string, () => Promise<void>>> = {
  'app/src/database/migrate.ts': () =>
    withDatabase(async (url) => {
      for (const [signal, code] of Object.entries(codes)) {
        // As another instance holds it that migrates.
        await using _lock = await holding(url, 'select pg_advisory_xact_lock(7246518003)');
        const waiting = await startAsProcessOne(migrate, service(url));
        await eventually(asksForLock(url));
        expect([signal, await waiting.stop(signal as NodeJS.Signals)]).toEqual([signal, code]);
        expect(waiting.output()).toContain(`Interrupted by ${signal}. The migration in hand was rolled back`);
      }
      {
        await using _table = await holding(url, 'create table todos (id int)');
        const midway = await startAsProcessOne(migrate, service(url));
        await eventually(waitsForLock(url));
        expect(await midway.stop()).toBe(143);
      }
      await expectWholeSchema(url);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const program = await startAsProcessOne(migrate, service(url));
        const moment = await someMoment(500);
        expect([moment, [0, 143]]).toEqual([moment, expect.arrayContaining([await program.stop()])]);
        await eventually(isLeftAlone(url));
        await expectWholeSchema(url);
      }
      runMigrations(url);
    }),
  'app/src/seed.ts': () =>
    withDatabase(async (url) => {
      runMigrations(url);
      const environment = { ...service(url), DEMO_USER_PASSWORD: 'correct horse battery' };
      {
        await using _todos = await holding(url, 'lock table todos in access exclusive mode');
        const program = await startAsProcessOne(['app/src/seed.ts'], environment);
        await eventually(waitsForLock(url));
        expect(await program.stop()).toBe(143);
        expect(program.output()).toContain('Interrupted by SIGTERM. The demo user is there');
      }
      await eventually(isLeftAlone(url));
      expect(await one(url, 'select count(*) from users')).toBe('0');
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const program = await startAsProcessOne(['app/src/seed.ts'], environment);
        const moment = await someMoment(1000);
        expect([moment, [0, 143]]).toEqual([moment, expect.arrayContaining([await program.stop()])]);
        await eventually(isLeftAlone(url));
        const users = Number(await one(url, 'select count(*) from users'));
        expect(await one(url, 'select count(*) from todos')).toBe(String(users * 12));
      }
    }),
  'app/src/main.ts': () =>
    withDatabase(async (url) => {
      const environment = { ...service(url), PORT: '0', MANAGEMENT_PORT: '0', DRAIN_DELAY_MS: '0' };
      const api = await startAsProcessOne(['app/src/main.ts'], environment);
      await eventually(() => api.output().includes('process-started'));
      expect([await api.stop(), api.output()]).toEqual([0, expect.stringContaining('process-stopped')]);
      const starting = await startAsProcessOne(['app/src/main.ts'], environment);
      await someMoment(1000);
      expect(await starting.stop('SIGHUP')).toBe(0);
    }),
  'monitoring/webhook/main.ts': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'process-1-'));
    try {
      const program = await startAsProcessOne(['monitoring/webhook/main.ts'], {
        WEBHOOK_PORT: String(await freePort()),
        WEBHOOK_FILE: join(folder, 'alerts.jsonl'),
      });
      await someMoment(500);
      expect(await program.stop()).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  'logging/elasticsearch/set-up.ts': async () => {
    const program = await startAsProcessOne(['logging/elasticsearch/set-up.ts'], {
      ELASTICSEARCH_URL: 'http://127.0.0.1:1',
      LOG_CREDENTIALS_DIRECTORY: tmpdir(),
      LOG_CREDENTIALS: 'none',
    });
    await someMoment(500);
    expect([await program.stop(), program.output()]).toEqual([
      143,
      expect.stringContaining('start it again'),
    ]);
  },
  'logging/kibana/import.ts': async () => {
    const program = await startAsProcessOne(['logging/kibana/import.ts'], {
      KIBANA_URL: 'http://127.0.0.1:1',
      KIBANA_WAIT_SECONDS: '600',
    });
    await someMoment(500);
    expect([await program.stop(), program.output()]).toEqual([
      143,
      expect.stringContaining('import them again'),
    ]);
  },
};

/** Those that need pg_dump. */
const backupPrograms: Readonly<Record<string, (fixture: BackupFixture) => Promise<void>>> = {
  'backup/backup.ts': async (fixture) => {
    const { url } = fixture.database;
    {
      await using _todos = await holding(url, 'lock table todos in access exclusive mode');
      const program = await startAsProcessOne(['backup/backup.ts'], fixture.environment);
      await eventually(waitsForLock(url));
      expect([await program.stop(), program.output()]).toEqual([
        143,
        expect.stringContaining('Interrupted by SIGTERM. No backup was made'),
      ]);
      expect(await waitsForLock(url)()).toBe(false);
    }
    await eventually(isLeftAlone(url));
    expect(await fixture.files()).toEqual([]);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const before = await fixture.backups();
      const program = await startAsProcessOne(['backup/backup.ts'], fixture.environment);
      const moment = await someMoment(800);
      const code = await program.stop();
      expect([moment, [0, 143]]).toEqual([moment, expect.arrayContaining([code])]);
      await eventually(isLeftAlone(url));
      expect(await fixture.backups()).toHaveLength(before.length + (code === 0 ? 1 : 0));
      expect(await fixture.files()).toHaveLength(2 * (await fixture.backups()).length);
    }
  },
  'backup/schedule.ts': async (fixture) => {
    const { url } = fixture.database;
    {
      await using _todos = await holding(url, 'lock table todos in access exclusive mode');
      const words = ['backup/schedule.ts', '1h', 'backup/backup.ts'];
      const program = await startAsProcessOne(words, fixture.environment);
      await eventually(waitsForLock(url));
      expect([await program.stop(), program.output()]).toEqual([
        0,
        expect.stringContaining('Interrupted by SIGTERM. No backup was made'),
      ]);
    }
    await eventually(isLeftAlone(url));
  },
  'backup/exporter.ts': async (fixture) => {
    const program = await startAsProcessOne(['backup/exporter.ts'], {
      ...fixture.environment,
      EXPORTER_PORT: '0',
    });
    await someMoment(500);
    expect(await program.stop()).toBe(0);
  },
  'backup/restore.ts': async (fixture) => {
    const id = await fixture.backUp();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const target = await fixture.emptyDatabase();
      const program = await startAsProcessOne(['backup/restore.ts'], {
        ...fixture.environment,
        DATABASE_URL: target,
      });
      const moment = await someMoment(1000);
      const code = await program.stop();
      await eventually(isLeftAlone(target));
      const isThere = (await one(target, "select to_regclass('public.todos')")) !== null;
      const rows = isThere ? Number(await one(target, 'select count(*) from todos')) : 0;
      const said = program.output();
      if (code === 0)
        expect([moment, rows, said]).toEqual([moment, 600, expect.stringContaining('Restored')]);
      else if (isThere)
        expect([moment, code, rows, said]).toEqual([
          ...[moment, 143, 600],
          expect.stringContaining(`All of ${id} is in`),
        ]);
      else
        expect([moment, code, said]).toEqual([moment, 143, expect.stringContaining('Nothing was written')]);
    }
  },
  'backup/restore-drill.ts': async (fixture) => {
    await fixture.backUp();
    const environment = { ...fixture.environment, DATABASE_URL: asSuperuser(fixture.database.url) };
    const scratch = async () => (await scratchOf(environment.DATABASE_URL)).length;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      rmSync(join(fixture.destination, 'restore-drill.json'), { force: true });
      const program = await startAsProcessOne(['backup/restore-drill.ts'], environment);
      if (attempt === 0) await eventually(async () => (await scratch()) > 0);
      const moment = await someMoment(attempt === 0 ? 50 : 1000);
      const code = await program.stop();
      expect([moment, [0, 143]]).toEqual([moment, expect.arrayContaining([code])]);
      expect(await scratch()).toBe(0);
      expect((await fixture.files()).includes('restore-drill.json')).toBe(code === 0);
    }
  },
};

/** Words of commands and arguments anywhere in a manifest. */
function wordsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    ['command', 'args'].includes(key) && Array.isArray(inner) ? inner.map(String) : wordsIn(inner),
  );
}

const manifests = readdirSync(join(checkout, 'kubernetes'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .flatMap((path) => parseAllDocuments(readFileSync(join(checkout, 'kubernetes', path), 'utf8')))
  .map((document) => document.toJS() as unknown);
const words = [
  ...['Dockerfile', 'backup/Dockerfile'].flatMap((path) =>
    readDockerfile(readFileSync(join(checkout, path), 'utf8'), {
      NODE_IMAGE: 'a',
      POSTGRES_IMAGE: 'b',
    }).flatMap(({ configuration: { Cmd = [] } }) => Cmd),
  ),
  ...readServices().flatMap(({ raw }) => raw.command ?? []),
  ...manifests.flatMap(wordsIn),
];

test('each program that the Dockerfiles, the compose file and the manifests start is among those tried here', () => {
  const started = words.filter((word) => /^[\w/-]+\.ts$/.test(word));
  expect([...new Set(started)].sort()).toEqual(
    [...Object.keys(programs), ...Object.keys(backupPrograms)].sort(),
  );
});

test('each script that bash runs as process 1 hears SIGTERM from its first line on', () => {
  const scripts = words.filter((word) => /\n(.|\n)*-keystore/.test(word));
  expect(scripts).toHaveLength(6);
  expect(scripts.filter((script) => !script.startsWith("trap 'exit 143' TERM\n"))).toEqual([]);
});

if (!isPossible)
  describe.skip('as process 1 (skipped: unshare can make no PID namespace here)', () => test('', () => {}));
else {
  describe('as process 1 ends by itself when it is told to stop, and leaves nothing half', () => {
    test.each(Object.entries(programs))('%s', async (_, work) => await work(), 180_000);
  });

  await describeWithPgDump(
    'as process 1 ends by itself when it is told to stop, and leaves nothing half',
    (found) => {
      test.each(Object.entries(backupPrograms))('%s', async (_, work) => {
        await using fixture = await BackupFixture.make(found);
        await work(fixture);
      });
    },
  );

  await describeWithS3('a backup to S3', () =>
    describeWithPgDump('a backup to S3 that is told to stop', (found) => {
      test('leaves no object and no upload that was not completed', async () => {
        await using fixture = await BackupFixture.make(found);
        const s3 = await startS3();
        try {
          // Some parts of 5 MiB, which can't be compressed.
          await query(
            fixture.database.url,
            `create table bulk as select decode(string_agg(md5(random()::text), ''), 'hex') as data
             from generate_series(1, 720000) n group by n % 11`,
          );
          const uploads = async () => await (await s3.send('GET', 'backups?uploads')).text();
          for (let attempt = 0; attempt < 2; attempt += 1) {
            const program = await startAsProcessOne(['backup/backup.ts'], {
              ...fixture.environment,
              ...s3.environment,
            });
            await eventually(async () => (await uploads()).includes('<UploadId>'));
            await someMoment(300);
            const code = await program.stop();
            expect([0, 143]).toContain(code);
            expect(await uploads()).not.toContain('<UploadId>');
            const keys = await (await s3.send('GET', 'backups?list-type=2')).text();
            // Both files or none.
            expect([...keys.matchAll(/<Key>/g)].length % 2).toBe(0);
            expect(keys.includes('.json')).toBe(keys.includes('.dump.age'));
          }
          await eventually(isLeftAlone(fixture.database.url));
        } finally {
          s3.stop();
        }
      });
    }),
  );
}
