/**
 * `node stack/checks/verify.ts`: `make verify QUICK=1` on a native stack of its own, on free ports and in a folder that
 * is gone afterwards, also when this is killed. Shows its progress on stderr.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../native/components.ts';
import { freePort } from '../native/ports.ts';
import { checkout } from '../native/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-verify-'));
const directory = join(folder, 'stack');
// It outlives this process, and stops the stack when its stdin closes.
const guardian = spawn(process.execPath, ['stack/test/fixtures/guardian.ts'], {
  cwd: checkout,
  detached: true,
  stdio: ['pipe', 'ignore', 'inherit'],
});
guardian.stdin.write(`${JSON.stringify({ stack: directory, remove: folder })}\n`);

const environment: NodeJS.ProcessEnv = { ...process.env, STACK_DIR: directory, QUICK: '1', COMPONENTS: '' };
// Whatever stack of its own the caller has set.
for (const name of ['API_URL', 'METRICS_URL', 'PROMETHEUS_URL', 'ELASTICSEARCH_URL'])
  delete environment[name];
for (const { setting } of table.components.flatMap(({ ports }) => ports))
  environment[setting] = String(await freePort());

async function run(program: string, ...args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: checkout,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // What `up` prints ends with the demo user's password; why it fails is on stderr.
  if (args[0] === 'up') child.stdout.resume();
  else child.stdout.pipe(process.stderr, { end: false });
  const [code] = await once(child, 'close');
  return code === 0;
}

console.error('starting a stack …');
const isProven = (await run('stack/native/cli.ts', 'up')) && (await run('stack/verify/cli.ts'));
const gone = once(guardian, 'exit');
guardian.stdin.end();
await gone;
process.exitCode = isProven ? 0 : 1;
