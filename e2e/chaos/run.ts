/** A run of chaos: a fault, the recovery, the invariants, and the next fault, under load. */

import type { Terminal } from '@sightline/telemetry/check-terminal.ts';
import { calm } from '../drills/run-drills.ts';
import type { SystemUnderTest } from '../drills/system.ts';
import { type SeenAlert, Watch } from '../drills/watch.ts';
import { tellsOfBusyMachine, tellsOfEarlierAnswers, tellsOfSlowAnswers } from '../fired-alerts.ts';
import { logOfFile } from '../verify/access-log.ts';
import type { Choice } from './choice.ts';
import type { ChaosFault } from './faults.ts';
import { afterEach, askAll, atTheEnd, type Scene } from './invariants.ts';
import { compareLedger } from './ledger.ts';
import { startLedgerLoad } from './load.ts';
import { logOf, quiet, recovered } from './recovery.ts';

/** The outcome of a fault. Times are ISO 8601. */
export interface FaultResult {
  readonly name: string;
  readonly at: string;
  /** From its undoing until all components are ready and writes are answered; null when it did not come to that. */
  readonly recoveredSeconds: number | null;
  readonly ok: boolean;
  /** The alerts that fired, and the invariants that do not hold. */
  readonly detail: string;
}

/** `chaos` in the report. */
export interface ChaosResult {
  readonly seed: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly faults: readonly FaultResult[];
  /** The invariants that were checked when the load had ended. */
  readonly end: { readonly ok: boolean; readonly detail: string };
}

export interface Chaos {
  readonly seed: number;
  readonly system: SystemUnderTest;
  readonly terminal: Terminal;
  readonly choices: Iterator<Choice<ChaosFault>, never>;
  /** When the last fault is to be over, about, in milliseconds since 1970. */
  readonly until: number;
  /** Components that have to run again after each fault. */
  readonly components: readonly string[];
  /** Told what is being done. */
  readonly begins: (what: string) => void;
}

/** Before the first fault: no latency is that of code which runs for the first time. */
const warmUpMs = 6000;
/** Seconds that a fault takes at least, with all around it: none begins later than that before the end. */
const minSeconds = 15;
/** The longest window of the drill rules. */
const longestWindowMs = 300_000;
/** However slow the machine is: fewer show little. */
const minFaults = 3;

const secondsSince = (began: number) => Math.round((Date.now() - began) / 100) / 10;

/** `DatabaseUnreachable, SLOErrorBudgetBurn ×4`. */
function heardOf(watch: Watch): string {
  const fired = watch.seen.filter(({ firingAt }) => firingAt !== undefined);
  const byName = Map.groupBy(fired, ({ labels }) => labels['alertname']);
  const names = [...byName].map(([name, { length }]) => (length === 1 ? name : `${name} ×${length}`));
  return names.length === 0 ? 'no alert' : `fired: ${names.join(', ')}`;
}

/** Causes a fault for some seconds, and looks at what it left behind. */
async function oneFault(
  { fault, seconds }: Choice<ChaosFault>,
  scene: Scene,
  components: readonly string[],
): Promise<FaultResult> {
  const { system } = scene;
  const log = logOfFile(logOf(system));
  const logEnd = log.end();
  const watch = new Watch(system);
  const since = Date.now();
  const before = log.requestsSince(0).filter(({ at }) => at > since - longestWindowMs);
  const isTrue = (alert: SeenAlert) => {
    const requests = log.requestsSince(logEnd);
    return (
      tellsOfBusyMachine(alert) ||
      tellsOfEarlierAnswers(alert, before, requests) ||
      (!fault.slowsRequests && tellsOfSlowAnswers(alert, requests))
    );
  };
  const problems: string[] = [];
  let recoveredSeconds: number | null = null;
  let quietAfter: number | null = null;
  try {
    let undoneAt = Date.now();
    {
      await using recovery = new AsyncDisposableStack();
      await fault.injectFault(system, recovery);
      await system.pause(seconds * 1000);
      undoneAt = Date.now();
    }
    await recovered(system, components);
    recoveredSeconds = secondsSince(undoneAt);
    problems.push(...(await quiet(system, log.end())));
    quietAfter = secondsSince(undoneAt);
    problems.push(...(await askAll(afterEach, { ...scene, fault, since, watch, isTrue }, system)));
  } catch (error) {
    system.signal.throwIfAborted();
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await watch.end();
  }
  const times = `back after ${recoveredSeconds ?? '–'} s, quiet after ${quietAfter ?? '–'} s`;
  return {
    name: fault.name,
    at: new Date(since).toISOString(),
    recoveredSeconds,
    ok: problems.length === 0,
    detail: [`${fault.fault} (${seconds} s): ${times}, ${heardOf(watch)}`, ...problems].join('\n'),
  };
}

/**
 * Breaks one thing after the other until the time is over.
 * @throws what makes chaos impossible: a load that does not begin, an interruption. The fault under way is undone.
 */
export async function runChaos(chaos: Chaos): Promise<ChaosResult> {
  const { seed, system, terminal, choices, until, components, begins } = chaos;
  const startedAt = new Date().toISOString();
  const secondsLeft = () => (until - Date.now()) / 1000;
  begins('the warm-up');
  await calm(system);
  const logEnd = logOfFile(logOf(system)).end();
  await using load = await startLedgerLoad(system, secondsLeft());
  await system.pause(warmUpMs);
  const loud = await quiet(system, logEnd);
  if (loud.length > 0) throw new Error(`Before any fault: ${loud.join(' ')}`);
  const scene: Scene = { system, ledger: load.ledger, hasLogs: components.includes('log-shipper') };
  const faults: FaultResult[] = [];
  while (secondsLeft() > minSeconds || faults.length < minFaults) {
    const choice = choices.next().value;
    const { name, uses } = choice.fault;
    const missing = uses.map((component) => system.has(component)).find((one) => one !== undefined);
    if (missing !== undefined) {
      terminal.line('skipped', `${name}: ${missing}`);
      continue;
    }
    begins(`fault ${faults.length + 1}, ${name} for ${choice.seconds} s`);
    const result = await oneFault(choice, scene, components);
    faults.push(result);
    show(terminal, result.ok, name, result.detail);
  }
  begins('the comparison at the end');
  await load.stop();
  const problems = await askAll(atTheEnd, scene, system);
  const { acknowledged, unknown } = await compareLedger(load.ledger, system.databaseUrl);
  const detail = [`${acknowledged} writes were acknowledged, ${unknown} are in doubt`, ...problems].join(
    '\n',
  );
  const end = { ok: problems.length === 0, detail };
  show(terminal, end.ok, 'at the end', detail);
  return { seed, startedAt, endedAt: new Date().toISOString(), faults, end };
}

function show(terminal: Terminal, ok: boolean, name: string, detail: string): void {
  terminal.line(ok ? 'ok' : 'FAILED', `${name.padEnd(22)} ${detail.replaceAll('\n', '\n           ')}`);
}
