import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sightline/servers/free-port.ts';

/** A real PgBouncer, which gives each transaction one of its connections to the tests' PostgreSQL. */
export interface TestPgBouncer extends AsyncDisposable {
  /** The address of a database through it. */
  via(databaseUrl: string): string;
}

/**
 * @param databaseUrl of any database of the server, with the user who logs in by way of it
 * @param poolSize how many connections it has to each database
 * @throws Error with what it says when it doesn't start
 */
export async function startPgBouncer(databaseUrl: string, poolSize: number): Promise<TestPgBouncer> {
  const { hostname, port: serverPort, username, password } = new URL(databaseUrl);
  const folder = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
  const port = await freePort();
  const [configuration, users] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  await writeFile(users, `"${username}" "${password}"\n`);
  await writeFile(
    configuration,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
`,
  );
  // As root it runs as another user, who has to read these.
  await chmod(folder, 0o755);
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', [...asNobody, configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const closed = once(child, 'close');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('process up')) resolve();
    });
    closed.then(() => reject(new Error(`PgBouncer ended:\n${said}`)), reject);
  });
  return {
    via: (url) => Object.assign(new URL(url), { host: `127.0.0.1:${port}` }).href,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill);
      kill();
      await closed;
      await rm(folder, { recursive: true });
    },
  };
}
