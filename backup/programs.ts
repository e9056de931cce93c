/** pg_dump and pg_restore, as streams. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Database, libpqEnvironment } from './database.ts';
import { Refused } from './outcome.ts';

/** How long a table may be locked by something else, a migration for one, until a dump gives up. */
const lockWaitMs = 60_000;

export type Program = 'pg_dump' | 'pg_restore';
const pathOf = (folder: string, program: Program) => (folder === '' ? program : join(folder, program));

/** PATH beside what libpq is told; nothing else that could change what these programs do. */
const environmentOf = (database: Database) => ({
  PATH: process.env['PATH'],
  LC_ALL: 'C',
  ...libpqEnvironment(database),
});

/**
 * `18.4` of a program that is no older than the server.
 * @throws Refused that says what to install
 */
export async function programVersion(folder: string, program: Program, server: string): Promise<string> {
  const wanted = `PostgreSQL's client programs of version ${Number.parseInt(server, 10)} or later are needed; POSTGRESQL_PROGRAMS says where they are.`;
  let said: string;
  try {
    said = (await promisify(execFile)(pathOf(folder, program), ['--version'])).stdout;
  } catch {
    throw new Refused(`There is no ${pathOf(folder, program)}. ${wanted}`);
  }
  const version = /\d+(\.\d+)?/.exec(said)?.[0] ?? '';
  if (Number.parseInt(version, 10) >= Number.parseInt(server, 10)) return version;
  throw new Refused(`${program} is of version ${version}, and the server of ${server}. ${wanted}`);
}

interface Ending {
  readonly code: number | string;
  readonly said: string;
}

/** How long a program may take to tell the server to stop, until it is killed. */
const endMs = 2000;

/** At SIGTERM both programs have the server cancel what it does for them. */
async function end(child: ChildProcess, ending: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endMs);
  await ending.catch(() => {});
  clearTimeout(timer);
}

/** How a program ends, and the last of what it said on stderr. */
async function endingOf(child: ChildProcess): Promise<Ending> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2000);
  });
  // Not by `once`: an error, such as that of a signal that aborts, comes before the end.
  const closed = Promise.withResolvers<[number | null, string | null]>();
  child.on('error', () => {}).once('close', (...how) => closed.resolve(how));
  const [code, signal] = (await closed.promise) as [number | null, string | null];
  return { code: code ?? signal ?? '', said: said.trim() };
}

const failed = (program: Program, { code, said }: Ending) =>
  new Error(`${program} failed (${code}): ${said || 'it does not say why'}`);

/**
 * A dump in pg_dump's custom format. Throws when pg_dump did not end well, after its last byte too.
 * @param signal ends pg_dump, whether or not anybody still reads
 */
export async function* dump(
  folder: string,
  database: Database,
  snapshot: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const child = spawn(
    pathOf(folder, 'pg_dump'),
    ['--format=custom', '--no-password', `--snapshot=${snapshot}`, `--lock-wait-timeout=${lockWaitMs}`],
    { env: environmentOf(database), stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGTERM' },
  );
  const ending = endingOf(child);
  ending.catch(() => {});
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const ended = await ending;
    if (ended.code !== 0) throw failed('pg_dump', ended);
  } finally {
    await end(child, ending);
  }
}

/**
 * Restores a dump, all of it or nothing: one transaction, which only a source that ends well lets come to its end.
 * @param interrupted ends pg_restore, and with it the transaction
 */
export async function restore(
  folder: string,
  database: Database,
  chunks: AsyncIterable<Uint8Array>,
  interrupted: AbortSignal,
): Promise<void> {
  const child = spawn(
    pathOf(folder, 'pg_restore'),
    [
      ...['--no-password', `--dbname=${database.database}`],
      // Roles are the server's: there everything is whose connection it is.
      ...['--no-owner', '--no-privileges', '--exit-on-error', '--single-transaction'],
    ],
    { env: environmentOf(database), stdio: ['pipe', 'ignore', 'pipe'], signal: interrupted },
  );
  const ending = endingOf(child);
  ending.catch(() => {});
  let hasEnded = false;
  child.once('exit', () => {
    hasEnded = true;
  });
  // It says on stderr why it reads no further.
  child.stdin.on('error', () => {});
  try {
    for await (const chunk of chunks) {
      if (hasEnded) break;
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain').catch(() => {}), ending]);
    }
    child.stdin.end();
    const ended = await ending;
    if (ended.code !== 0) throw failed('pg_restore', ended);
  } finally {
    // Before its input closes, which it would take for the end of the dump.
    await end(child, ending);
  }
}
