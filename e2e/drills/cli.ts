/**
 * `make drill`: breaks a stack of its own in every declared way, and proves each alert. Fails when one does not go as
 * declared. The results are `alerts` in the report of the stack in STACK_DIR, which itself is left alone.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { relative } from 'node:path';
import { readReport, writeReport } from '@sightline/preview/report.ts';
import { writePage } from '@sightline/preview/report-file.ts';
import { ensureStackDirectory } from '@sightline/servers/stack-directory.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { table as native } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { randomOf } from '@sightline/testkit/random.ts';
import { watchContention } from '../contention.ts';
import { ownStack } from '../own-stack.ts';
import { drillEnvironment, table } from './components.ts';
import { pendingDrills } from './drills.ts';
import { removeMemoryLimits } from './memory-limit.ts';
import type { AlertResult } from './run-drill.ts';
import {
  choose,
  type Exercise,
  exercises,
  inAnyOrder,
  proveFaultsNeeded,
  runExercises,
} from './run-drills.ts';
import { type DrillSettings, readDrillSettings } from './settings.ts';
import { inOwnNamespace, mountSmallDisk, smallDisk } from './small-disk.ts';
import { SystemUnderTest } from './system.ts';
import { startTraffic } from './traffic.ts';

const end = new AbortController();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Requests before the first drill, so that no latency is that of code which runs for the first time. */
const warmUpMs = 6000;
/**
 * Seconds that QUICK waits at most to see that nothing fires without a fault: long enough for most drills.
 */
const quickSeconds = 40;

/** Runs this program where a disk can be mounted, as if it had been started there. */
async function again({
  command,
  args,
  env,
}: NonNullable<ReturnType<typeof inOwnNamespace>>): Promise<number> {
  const child = spawn(command, args, { env, stdio: 'inherit' });
  // Ctrl-C reaches both.
  for (const name of signals) process.on(name, () => name !== 'SIGINT' && child.kill(name));
  const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[killedBy ?? 'SIGTERM'];
}

/** @returns whether everything went as declared */
async function drill(
  chosen: readonly Exercise[],
  { quick, withoutFault, times, seed }: DrillSettings,
): Promise<boolean> {
  const { stackDirectory } = readSettings(native.components, process.env);
  const terminal = terminalOn(process.stdout, process.env);
  await using contention = await watchContention();
  const uses = [...new Set(chosen.flatMap((one) => one.uses))];
  const stack = await ownStack(
    (ports) => ({
      ...drillEnvironment(ports),
      COMPONENTS: ['core', 'metrics', 'faults', ...uses].join(','),
    }),
    table.components,
    end.signal,
  );
  try {
    ensureStackDirectory(stack.directory);
    const noDisk = mountSmallDisk(stack.settings, process.env);
    if (noDisk === undefined) stack.mounted(smallDisk(stack.settings));
    terminal.text(
      `Drills: ${chosen.length}, in an order of chance (again: SEED=${seed}), on a stack of their own. Starting it …`,
    );
    if (!(await stack.run('stack/native/cli.ts', 'up'))) throw new Error('The stack did not start.');
    end.signal.throwIfAborted();
    const system = new SystemUnderTest(stack.settings, end.signal, contention);
    const traffic = await startTraffic(system, { reads: 50, batches: 10 });
    await system.pause(warmUpMs).finally(() => traffic.stop());

    if (withoutFault) return await proveFaultsNeeded(chosen, system, terminal);
    const random = randomOf(seed);
    let results: readonly AlertResult[] = [];
    let failures = 0;
    for (let time = 1; time <= times; time += 1) {
      if (times > 1) terminal.text(`\nTime ${time} of ${times}`);
      const run = await runExercises(inAnyOrder(chosen, random), system, terminal);
      results = run.results;
      failures += results.filter(({ ok }) => !ok).length;
      const passed = `\n${results.filter(({ ok }) => ok).length} of ${results.length} drills passed`;
      const skipped = run.skipped.map(({ name, because }) => `  ${name}: ${because}`);
      terminal.text(
        skipped.length === 0
          ? `${passed}.`
          : [`${passed}, ${skipped.length} skipped:`, ...skipped].join('\n'),
      );
    }
    terminal.text(withoutDrill());
    if (quick) {
      const all = exercises.filter(({ within }) => within <= quickSeconds);
      if (!(await proveFaultsNeeded(all, system, terminal))) failures += 1;
    }
    ensureStackDirectory(stackDirectory);
    const file = writeReport(stackDirectory, { alerts: merged(stackDirectory, results) });
    const page = await writePage(stackDirectory);
    terminal.text(`Report: ${relative(process.cwd(), page)}, and ${relative(process.cwd(), file)}`);
    return failures === 0;
  } finally {
    await stack.stop();
    removeMemoryLimits();
  }
}

/** How many alerts can't be drilled yet, which, and why. */
function withoutDrill(): string {
  const reasons = Map.groupBy(pendingDrills, ({ because }) => because);
  const lines = [...reasons].map(
    ([because, alerts]) => `  ${alerts.map(({ alert }) => alert).join(', ')}: ${because}`,
  );
  return [`Alerts without a drill: ${pendingDrills.length}`, ...lines].join('\n');
}

/** The results, and those of earlier runs of other drills. */
function merged(stackDirectory: string, results: readonly AlertResult[]): unknown[] {
  const names = new Set(results.map(({ name }) => name));
  const others = (readReport(stackDirectory, 'alerts') as readonly AlertResult[]).filter(
    ({ name }) => !names.has(name),
  );
  return [...others, ...results];
}

async function main(): Promise<number> {
  const settings = readDrillSettings(process.env);
  const chosen = choose(settings.alerts).filter((one) => !settings.quick || one.quick);
  const elsewhere = inOwnNamespace(process.env);
  if (elsewhere !== undefined) return again(elsewhere);
  onInterrupt((signal) => {
    process.exitCode = exitCodeOf(signal);
    end.abort(new Error('Interrupted.'));
  });
  // `make drill | head`: nobody reads on.
  process.stdout.on('error', () => end.abort(new Error('Interrupted.')));
  return (await drill(chosen, settings)) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(
    end.signal.aborted
      ? '\nInterrupted: the stack of the drills is stopped and removed.'
      : error instanceof Error
        ? error.message
        : error,
  );
  process.exitCode ||= 1;
}
