/**
 * `node app/test/schemathesis/run.ts` has schemathesis send the API what its OpenAPI document allows and forbids,
 * and check every answer against the document. Exit code 0 when all hold, 1 when one doesn't or it can't run.
 * Needs TEST_DATABASE_URL, whose role may create databases, and python3; the first run also needs PyPI.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { portsOf, type ServiceProcess, startProcess } from '@sightline/testkit/process.ts';
import { NotPossible, pythonEnvironment } from '@sightline/tools/python-environment.ts';
import { client, registerUser } from '../support/api.ts';

const folder = import.meta.dirname;

/**
 * Runs schemathesis on an API.
 * @returns its exit code
 */
async function schemathesis(venv: string, url: string, token: string): Promise<number> {
  // A folder of its own: what schemathesis remembers of one run would change the next.
  const workspace = await mkdtemp(join(tmpdir(), 'sightline-schemathesis-'));
  try {
    const config = join(folder, 'schemathesis.toml');
    const child = spawn(
      join(venv, 'bin/schemathesis'),
      ['--config-file', config, 'run', `${url}/openapi.json`],
      // By the environment, since anyone may read a process's arguments.
      { cwd: workspace, env: { PATH: process.env['PATH'], ACCESS_TOKEN: token }, stdio: 'inherit' },
    );
    const stop = () => child.kill('SIGINT');
    process.on('SIGINT', stop).on('SIGTERM', stop);
    const [code] = await once(child, 'close');
    process.off('SIGINT', stop).off('SIGTERM', stop);
    return code ?? 1;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  if (!process.env['TEST_DATABASE_URL']) {
    throw new NotPossible('TEST_DATABASE_URL is not set: a PostgreSQL whose role may create databases.');
  }
  const venv = await pythonEnvironment(join(folder, 'requirements.txt'));
  const database = await createTestDatabase();
  const settings = {
    NODE_ENV: 'test',
    DATABASE_URL: database.url,
    PORT: '0',
    MANAGEMENT_PORT: '0',
    ACCESS_TOKEN_SECONDS: '3600',
    ARGON2_MEMORY_KIB: '8',
    ARGON2_ITERATIONS: '1',
    // Off: all requests come from one address within a minute. They have tests of their own.
    RATE_LIMIT_IP: '0',
    RATE_LIMIT_USER: '0',
    RATE_LIMIT_SESSIONS: '0',
    RATE_LIMIT_PASSWORD: '0',
  };
  let api: ServiceProcess | undefined;
  try {
    const migration = startProcess('database/migrate.ts', settings);
    if ((await migration.ended) !== 0) throw new NotPossible(`The migrations failed: ${migration.output()}`);
    const started = startProcess('main.ts', settings);
    api = started;
    const { port } = await portsOf(started);
    const url = `http://127.0.0.1:${port}`;
    const send = client(url);
    await eventually(async () => (await send('GET', '/health/ready')).status === 200);
    const { token } = await registerUser(send);
    const code = await schemathesis(venv, url, token);
    const faults = started
      .output()
      .split('\n')
      .filter((line) => /"log.level":"(error|fatal)"/.test(line));
    for (const line of faults) console.error(line);
    return code === 0 && faults.length === 0 ? 0 : 1;
  } finally {
    api?.child.kill('SIGTERM');
    await api?.ended;
    await database.drop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof NotPossible ? error.message : error);
  process.exitCode = 1;
}
