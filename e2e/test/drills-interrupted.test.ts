import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isRunning, killIfThere } from '@sightline/servers/process-identity.ts';
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
let drill: ChildProcess | undefined;
const empty = () => readdirSync(folder).length === 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-drills-'));
  guard({ remove: folder });
});
afterEach(async () => {
  // Where a test has failed, its drill may still be there.
  if (drill?.exitCode === null && drill.pid !== undefined) killIfThere(-drill.pid, 'SIGKILL');
  await eventually(empty, patienceMs).finally(() => rmSync(folder, { recursive: true, force: true }));
});

/** The folder of the drills' stack, once its components are being started. */
async function stackThatStarts(hasEnded: () => boolean): Promise<string> {
  let stack = '';
  await eventually(() => {
    if (hasEnded()) return true;
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
    const started = spawn(process.execPath, [`e2e/${program}/cli.ts`], {
      cwd: checkout,
      env: { ...process.env, ALERT: 'TargetDown', TMPDIR: folder, STACK_DIR: join(folder, 'report') },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    drill = started;
    const ended = once(started, 'close');
    let said = '';
    started.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const hasEnded = () => started.exitCode !== null || started.signalCode !== null;
    const stack = await stackThatStarts(hasEnded);
    expect({ hasEnded: hasEnded(), said }).toMatchObject({ hasEnded: false });
    const supervisor = readState(stack)?.supervisor;
    // All of the drill's own processes, as a terminal that is closed would.
    if (started.pid !== undefined) process.kill(-started.pid, name);
    await ended;
    expect(started.exitCode).toBe(code);
    expect(said).toContain(says);
    await eventually(empty, patienceMs);
    expect(supervisor && isRunning(supervisor)).toBe(false);
  },
  2 * patienceMs,
);
