import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { query } from '@sightline/testkit/database.ts';

test('the tests’ server ends and its folder goes when the runner is killed', async () => {
  const program = fileURLToPath(new URL('../postgresql-for-tests.ts', import.meta.url));
  // The runner: it holds the pipe, and is killed with it.
  const runner = spawn(
    process.execPath,
    [
      '-e',
      `const { spawn } = require('node:child_process');
       const child = spawn(process.execPath, [${JSON.stringify(program)}], { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
       console.log(child.pid);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  runner.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const closed = once(runner.stdout, 'close');
  while (!output.includes('TEST_DATABASE_URL')) await once(runner.stdout, 'data');
  const [, url = ''] = /"TEST_DATABASE_ADMIN_URL":"([^"]+)"/.exec(output) ?? [];
  const [row] = await query(url, "SELECT current_setting('data_directory') AS folder");
  runner.kill('SIGKILL');
  // The pipe's other holder is the watchdog, so it has ended when this closes.
  await closed;
  // A benchmark may fill more than the memory has.
  expect(String(row?.['folder']).startsWith(tmpdir())).toBe(true);
  expect(existsSync(String(row?.['folder']))).toBe(false);
  await expect(query(url, 'SELECT 1')).rejects.toThrow();
});
