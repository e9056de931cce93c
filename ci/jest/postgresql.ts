import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { firstLine } from '@sightline/telemetry/lines.ts';

declare global {
  var testPostgresql: ChildProcess | undefined;
}

/**
 * Starts a PostgreSQL that ends with this process. Sets `TEST_DATABASE_URL` (a role that may make databases),
 * `TEST_DATABASE_SERVICE_URL` (the role of the service, which owns nothing), `TEST_DATABASE_ADMIN_URL` (superuser),
 * `TEST_DATABASE_LOG` (a file) and, where openssl is, `TEST_DATABASE_CA_FILE` (the server then takes TLS).
 * @param where `in-memory`: databases that are small, where the machine has the room
 * @throws Error when it doesn't start; the reason is on stderr
 */
export async function startPostgresql(where: 'on-disk' | 'in-memory'): Promise<void> {
  const program = fileURLToPath(new URL('../postgresql-for-tests.ts', import.meta.url));
  const child = spawn(process.execPath, [program, where], {
    // A session of its own: Ctrl-C reaches only the runner, and the closed pipe then ends the server in order.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.testPostgresql = child;
  const exited = once(child, 'exit').then(() => undefined);
  const line = await Promise.race([firstLine(child.stdout), exited]);
  if (line === undefined) throw new Error('PostgreSQL for the tests did not start; its reason is above.');
  Object.assign(process.env, JSON.parse(line));
}

/** Jest's globalSetup: one for all test files. */
export default () => startPostgresql('in-memory');
