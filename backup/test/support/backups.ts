/** A database with todos in it, a place for its backups, and the programs run on them as their users would. */
import { spawn } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from '@jest/globals';
import { createTestDatabase, query, type TestDatabase } from '@sightline/testkit/database.ts';
import { bareEnvironment, startProcess } from '@sightline/testkit/process.ts';
import { postgresqlClient } from '@sightline/tools/postgresql-client.ts';
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { scratchPrefix } from '../../drill-backup.ts';
import { backupsAmong, dumpFile, manifestFile } from '../../manifest.ts';
import { type SignedKind, signedText, splitSignature } from '../../signature.ts';

const folder = resolve(import.meta.dirname, '../..');

/** Tests that need pg_dump 18; where it can't be had they are skipped, and their name says why. */
export async function describeWithPgDump(name: string, tests: (programs: string) => void): Promise<void> {
  let programs: string;
  try {
    programs = await postgresqlClient();
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error;
    describe.skip(`${name} (skipped: ${error.message})`, () => tests(''));
    return;
  }
  describe(name, () => tests(programs));
}

/** The end of one of this folder's programs. */
export interface Ended {
  /** The exit code, or the signal it died of. */
  readonly code: number | string;
  readonly output: string;
}

/** A program of this folder that runs. */
export interface Running {
  readonly output: () => string;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program with just the given environment. It dies with the tests. */
export function start(
  program: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Running {
  const child = spawn(process.execPath, [join(folder, program), ...args], {
    env: { ...bareEnvironment, BACKUP_RETRY_MS: '50', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  const ended = once(child, 'close').then(([code, signal]) => {
    process.off('exit', killWithTests);
    return { code: (code ?? signal) as number | string, output };
  });
  return { output: () => output, ended, kill: (signal) => void child.kill(signal) };
}

export const newSigningKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
export const privatePem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
export const publicPem = (key: KeyObject): string =>
  createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

/** Migrates by the service itself, and makes two users and some of their todos. */
async function fill(url: string): Promise<void> {
  const migration = startProcess('database/migrate.ts', { NODE_ENV: 'test', DATABASE_URL: url });
  if ((await migration.ended) !== 0) throw new Error(`The migrations failed: ${migration.output()}`);
  await query(
    url,
    `insert into users (email, name, password_hash)
       select format('user-%s@sightline.example', n), format('User %s', n), 'no hash' from generate_series(1, 2) n;
     insert into todos (owner_id, title, description, labels)
       select u.id, format('Todo %s of %s: äöü 🦊', n, u.name), repeat(md5(n::text), 20), array['one', 'two']
       from users u, generate_series(1, 300) n`,
  );
}

/** A role with all rights on the server of the tests, connected to another of its databases. */
export function asSuperuser(url: string): string {
  const superuser = new URL(process.env['TEST_DATABASE_ADMIN_URL'] ?? '');
  superuser.pathname = new URL(url).pathname;
  return superuser.href;
}

/** The names of the databases and roles that drills of a database have made, and not dropped yet. */
export async function scratchOf(url: string): Promise<readonly string[]> {
  const prefix = scratchPrefix(new URL(url).pathname.slice(1));
  const made = await query(
    url,
    `select name from (select datname from pg_database union all select rolname from pg_roles) made (name)
       where starts_with(name, '${prefix}')`,
  );
  return made.map(({ name }) => String(name));
}

export class BackupFixture implements AsyncDisposable {
  readonly database: TestDatabase;
  /** Where backups go, unless the environment says otherwise. */
  readonly destination: string;
  readonly recipient: string;
  readonly identity: string;
  readonly signingKey: KeyObject;
  readonly programs: string;
  readonly #undo: AsyncDisposableStack;

  private constructor(
    made: Pick<
      BackupFixture,
      'database' | 'destination' | 'recipient' | 'identity' | 'signingKey' | 'programs'
    >,
    undo: AsyncDisposableStack,
  ) {
    this.database = made.database;
    this.destination = made.destination;
    this.recipient = made.recipient;
    this.identity = made.identity;
    this.signingKey = made.signingKey;
    this.programs = made.programs;
    this.#undo = undo;
  }

  static async make(programs: string): Promise<BackupFixture> {
    await using undo = new AsyncDisposableStack();
    const withTodos = { name: 'with_todos', fill };
    const database = undo.adopt(await createTestDatabase(withTodos), (made) => made.drop());
    const destination = await mkdtemp(join(tmpdir(), 'backups-'));
    undo.defer(() => rm(destination, { recursive: true, force: true }));
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const signingKey = newSigningKey();
    return new BackupFixture(
      { database, destination, recipient, identity, signingKey, programs },
      undo.move(),
    );
  }

  /** The keys that its backups are verified by. */
  get verificationKeys(): readonly KeyObject[] {
    return [createPublicKey(this.signingKey)];
  }

  /** The environment that every program gets. */
  get environment(): Record<string, string> {
    return {
      DATABASE_URL: this.database.url,
      BACKUP_DESTINATION: pathToFileURL(this.destination).href,
      BACKUP_RECIPIENT: this.recipient,
      BACKUP_IDENTITY: this.identity,
      BACKUP_SIGNING_KEY: privatePem(this.signingKey),
      BACKUP_VERIFICATION_KEYS: publicPem(this.signingKey),
      POSTGRESQL_PROGRAMS: this.programs,
    };
  }

  start(program: string, environment: Readonly<Record<string, string>> = {}): Running {
    return start(program, { ...this.environment, ...environment });
  }

  async run(program: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return await this.start(program, environment).ended;
  }

  /** Takes a backup. Throws what it said when that failed. */
  async backUp(environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const { code, output } = await this.run('backup.ts', environment);
    const id = / as (\S+) in /.exec(output)?.[1];
    if (code !== 0 || id === undefined) throw new Error(`The backup failed (${code}): ${output}`);
    return id;
  }

  /** An empty database, gone with the fixture. */
  async emptyDatabase(): Promise<string> {
    return this.#undo.adopt(await createTestDatabase(), (made) => made.drop()).url;
  }

  /** The names of all files at the destination. */
  async files(): Promise<readonly string[]> {
    return (await readdir(this.destination)).sort();
  }

  async backups(): Promise<readonly string[]> {
    return backupsAmong(await this.files());
  }

  /** Removes a backup. */
  async forget(id: string): Promise<void> {
    for (const file of [manifestFile(id), dumpFile(id)])
      await rm(join(this.destination, file), { force: true });
  }

  /** The encrypted file of a backup. */
  async stored(id: string): Promise<Buffer> {
    return await readFile(join(this.destination, dumpFile(id)));
  }

  /** Changes the encrypted file of a backup. */
  async damage(id: string, change: (bytes: Buffer) => Buffer): Promise<void> {
    await writeFile(join(this.destination, dumpFile(id)), change(await this.stored(id)));
  }

  /** The manifest of a backup, without its signature; changed it is signed again. */
  async manifest(id: string, change?: (manifest: Record<string, unknown>) => object): Promise<object> {
    const name = manifestFile(id);
    const { document } = splitSignature(name, await readFile(join(this.destination, name), 'utf8'));
    if (change !== undefined)
      await this.sign(name, 'backup manifest', change(document as Record<string, unknown>));
    return document;
  }

  /** Writes a file at the destination, signed as its programs do. */
  async sign(name: string, kind: SignedKind, document: object, key = this.signingKey): Promise<void> {
    await writeFile(join(this.destination, name), signedText(kind, document, key));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }
}
