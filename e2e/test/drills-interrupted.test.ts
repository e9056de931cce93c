import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isRunning } from '@sightline/servers/process-identity.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { readState } from '@sightline/stack/native/state.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { guard } from '@sightline/testkit/guard.ts';
import { whyMissing } from '@sightline/tools/tools.ts';

const missing = whyMissing('prometheus') ?? whyMissing('toxiproxy-server');
const because = missing === undefined ? '' : ` (skipped: ${missing})`;
const testWithTools = missing === undefined ? test : test.skip;
const patienceMs = 60_000;

/** Where the drills make their folder. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-drills-'));
  guard({ remove: folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The folder of the drills' stack, once its components are being started. */
async function stackThatStarts(): Promise<string> {
  let stack = '';
  await eventually(() => {
    const [name] = readdirSync(folder).filter((one) => one.startsWith('sightline-stack-'));
    stack = join(folder, name ?? 'none', 'stack');
    return readState(stack)?.components['postgresql']?.process != null;
  }, patienceMs);
  return stack;
}

testWithTools.each([
  ['drills', 'SIGTERM', 143, ''],
  ['drills', 'SIGKILL', null, ''],
  ['chaos', 'SIGINT', 130, 'Interrupted during the start of the stack'],
] as const)(
  `Of %s that end by %s no process, no mount and no file is left${because}`,
  async (program, name, code, says) => {
    const drill = spawn(process.execPath, [`e2e/${program}/cli.ts`], {
      cwd: checkout,
      env: { ...process.env, ALERT: 'TargetDown', TMPDIR: folder, STACK_DIR: join(folder, 'report') },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    let said = '';
    drill.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const stack = await stackThatStarts();
    const supervisor = readState(stack)?.supervisor;
    // All of the drill's own processes, as a terminal that is closed would.
    if (drill.pid !== undefined) process.kill(-drill.pid, name);
    await once(drill, 'close');
    expect(drill.exitCode).toBe(code);
    expect(said).toContain(says);
    await eventually(() => readdirSync(folder).length === 0, patienceMs);
    expect(supervisor && isRunning(supervisor)).toBe(false);
  },
  2 * patienceMs,
);
