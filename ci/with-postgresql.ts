/** `node ci/with-postgresql.ts PROGRAM [ARGUMENT ...]` runs a program of Node with a database of the tests. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { startPostgresql } from './jest/postgresql.ts';
import stopPostgresql from './jest/postgresql-stop.ts';

// What these programs fill it with may be more than the memory: ten million todos are.
await startPostgresql('on-disk');
try {
  const child = spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
  onInterrupt((signal) => child.kill(signal));
  const [code] = await once(child, 'exit');
  process.exitCode = (code as number | null) ?? 1;
} finally {
  await stopPostgresql();
}
