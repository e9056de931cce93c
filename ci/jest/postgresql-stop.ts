import { once } from 'node:events';

/** Jest's globalTeardown: ends the server of `postgresql.ts` and waits until it is gone. */
export default async function stopPostgresql(): Promise<void> {
  const child = globalThis.testPostgresql;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}
