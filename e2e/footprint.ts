/**
 * `make bench-footprint`: what the service and its stack take. STEPS chooses among memory (of the API, under MINUTES,
 * 10, of load at RATE, 1000, requests a second), start (of the API, STARTS, 20, times) and stack (`make up` with and
 * without data, and the memory of all that runs after QUIET_SECONDS, 60). `make` runs it beside a database of the tests.
 */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goalLines } from '@sightline/loadtest/bench/goals.ts';
import { addToResult } from '@sightline/loadtest/bench/result-file.ts';
import { startGuardian } from '@sightline/servers/guardian.ts';
import { abortedByInterrupt } from '@sightline/settings/interrupt.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import type { FootprintContext } from './footprint/context.ts';
import { measureMemory } from './footprint/memory.ts';
import type { Finding } from './footprint/report.ts';
import { type FootprintSettings, readFootprintSettings, type StepName } from './footprint/settings.ts';
import { measureStack } from './footprint/stack.ts';
import { measureStart } from './footprint/start.ts';

const steps: Readonly<
  Record<StepName, (settings: FootprintSettings, context: FootprintContext) => Promise<Finding>>
> = {
  memory: measureMemory,
  start: measureStart,
  stack: measureStack,
};

/** A line at least this often, also where no terminal shows each. */
const lineEveryMs = 15_000;

function progress(): (text: string) => void {
  const terminal = terminalOn(process.stderr, process.env);
  let last = Number.NEGATIVE_INFINITY;
  return (text) => {
    if (process.stderr.isTTY === true) terminal.live(text);
    else if (performance.now() - last > lineEveryMs) {
      last = performance.now();
      terminal.text(text);
    }
  };
}

async function main(settings: FootprintSettings, interrupted: AbortSignal): Promise<void> {
  const guardian = startGuardian();
  const folder = mkdtempSync(join(tmpdir(), 'sightline-footprint-'));
  guardian.entrust({ remove: folder });
  const context: FootprintContext = { guardian, folder, interrupted, live: progress() };
  const found: Partial<Record<StepName, Finding>> = {};
  try {
    for (const name of settings.steps) {
      const finding = await steps[name](settings, context);
      found[name] = finding;
      console.log(`\n${finding.text}`);
    }
  } finally {
    await guardian.release();
  }
  console.log(`\n${goalLines(Object.values(found).flatMap(({ goals }) => goals))}`);
  const data = Object.entries(found).map(([name, finding]) => [
    name,
    { ...finding.data, goals: finding.goals },
  ]);
  console.log(`\nAll numbers: ${addToResult('bench-footprint.json', Object.fromEntries(data))}`);
}

const interrupt = abortedByInterrupt('Interrupted: what this run started is stopped.');
try {
  await main(readFootprintSettings(process.env), interrupt.signal);
} catch (error) {
  const reason: unknown = interrupt.signal.aborted ? interrupt.signal.reason : error;
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode ||= 1;
}
