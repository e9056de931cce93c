import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { firstLine } from '@sightline/telemetry/lines.ts';

declare global {
  var testPostgresql: ChildProcess | undefined;
}

/**
 * Jest's globalSetup: one PostgreSQL for all test files. Sets `TEST_DATABASE_URL` (a role that may make databases),
 * `TEST_DATABASE_SERVICE_URL` (the role of the service, which owns nothing), `TEST_DATABASE_ADMIN_URL` (superuser), `TEST_DATABASE_LOG` (a file) and, where openssl is, `TEST_DATABASE_CA_FILE`
 * (the server then takes TLS).
 * Throws when it doesn't start; the reason is on stderr.
 */
export default async function startPostgresql(): Promise<void> {
  const program = fileURLToPath(new URL('../postgresql-for-tests.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
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
