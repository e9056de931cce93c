/** Runs drills one after the other, each on a system where no alert fires. */
import { join } from 'node:path';
import { slos } from '@sightline/contract/signals.ts';
import { runLoad } from '@sightline/loadtest/run.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import type { Terminal } from '@sightline/telemetry/check-terminal.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import { shuffled } from '@sightline/testkit/random.ts';
import { tellsOfBusyMachine, tellsOfSlowAnswers } from '../fired-alerts.ts';
import { type LoggedRequest, logOfFile } from '../verify/access-log.ts';
import { backupsOf } from './backups.ts';
import { type Drill, nameOf, type SilenceDrill } from './drill.ts';
import { drills, inhibitionDrills, quietDrills, silenceDrills } from './drills.ts';
import { leftBehind, look } from './left-behind.ts';
import { type AlertResult, type DrillOptions, runDrill, type Stage } from './run-drill.ts';
import { runInhibitionDrill, runQuietDrill, runSilenceDrill } from './run-other-drills.ts';
import type { SystemUnderTest } from './system.ts';
import { startTraffic } from './traffic.ts';
import { type SeenAlert, Watch } from './watch.ts';

/** A drill of any kind. */
export interface Exercise {
  /** The name that `ALERT=` takes; its part before the slash, too. */
  readonly name: string;
  readonly fault: string;
  readonly uses: readonly string[];
  readonly quick: boolean;
  /** Seconds from the fault to what it brings about; 0 where that is nothing. */
  readonly within: number;
  readonly needs: () => string | undefined;
  /** The alerts that it is about. */
  readonly about: readonly string[];
  /** Whether the fault leaves requests as fast as they were: then what the log says of slow ones is the machine's doing. */
  readonly leavesRequests: boolean;
  readonly run: (system: SystemUnderTest, options: DrillOptions) => Promise<AlertResult>;
}

const plain = {
  uses: [],
  quick: false,
  within: 0,
  about: [],
  leavesRequests: true,
  needs: () => undefined,
} as const;

const exerciseOf = (drill: Drill): Exercise => {
  const { fault, uses = [], quick = false, within, needs = () => undefined } = drill;
  const name = nameOf(drill);
  return {
    name,
    fault,
    uses,
    quick,
    within,
    needs,
    about: [drill.alert],
    leavesRequests: drill.slowsRequests !== true,
    run: (system, options) => runDrill(drill, system, name, options),
  };
};

const silenceExercise = (drill: SilenceDrill): Exercise => ({
  ...plain,
  name: drill.name,
  fault: drill.fault,
  quick: drill.quick ?? false,
  within: drill.within,
  run: (system, options) => runSilenceDrill(drill, system, options),
});

/** All of them, as the table has them. */
export const exercises: readonly Exercise[] = [
  ...drills.map(exerciseOf),
  ...silenceDrills.map(silenceExercise),
  ...inhibitionDrills.map((drill) => ({
    ...plain,
    ...drill,
    about: [drill.inhibited.alert, drill.by.alert],
    run: (system: SystemUnderTest, options: DrillOptions) => runInhibitionDrill(drill, system, options),
  })),
  ...quietDrills.map((drill) => ({
    ...plain,
    ...drill,
    run: (system: SystemUnderTest, options: DrillOptions) => runQuietDrill(drill, system, options),
  })),
];

/**
 * Those that were asked for, by their names or by those of their alerts; all without a name.
 * Throws a sentence for a name that there is not.
 */
export function choose(names: readonly string[]): readonly Exercise[] {
  const isOf = (name: string) => (one: Exercise) => one.name === name || one.name.startsWith(`${name}/`);
  const unknown = names.filter((name) => !exercises.some(isOf(name)));
  if (unknown.length > 0) {
    const known = [...new Set(exercises.map(({ name }) => name.replace(/\/.*/, '')))];
    throw new Error(`There is no drill of ${unknown.join(', ')}. ALERT takes: ${known.join(', ')}.`);
  }
  return exercises.filter((one) => names.length === 0 || names.some((name) => isOf(name)(one)));
}

/**
 * Drills in an order of chance. All are shuffled, also those that were not asked for: fewer of them keep the order that
 * the same chance gave them among the others, so that a failure can be narrowed down.
 */
export function inAnyOrder(chosen: readonly Exercise[], random: () => number): readonly Exercise[] {
  return shuffled(exercises, random).filter((one) => chosen.includes(one));
}

/** Prometheus and Alertmanager start and take in the history, and everything is scraped. */
const calmSeconds = 90;

/** Error budgets that burn, or grow, in the healthy past: its series would not agree with each other. */
const burns = '{__name__=~"slo:error_budget_burn:ratio(1m|2m|3m|5m)"}';
const burnsBefore = `${burns} > 0.1 or ${burns} < -0.1`;

/**
 * A fresh Prometheus and Alertmanager, with a healthy past, all targets up, the heartbeat heard, and no alert. And no
 * backup, whose age would be the past of another drill.
 */
export async function calm(system: SystemUnderTest): Promise<void> {
  const { PROMETHEUS_URL, WEBHOOK_URL } = system.addresses;
  const hasBackups = system.has('backup-exporter') === undefined;
  if (hasBackups) await backupsOf(system).forget();
  await system.restart('alertmanager');
  await system.restart('prometheus');
  const prometheus = prometheusAt(PROMETHEUS_URL);
  const look = async (): Promise<string> => {
    const down = await prometheus.instant('up == 0', Date.now());
    if (down.length > 0) return `${down.map(({ labels }) => labels['job']).join(', ')} is not up`;
    const burning = await prometheus.instant(burnsBefore, Date.now());
    if (burning.length > 0)
      return `the past is not healthy for the SLO ${burning.map(({ labels }) => labels['slo']).join(', ')}`;
    const names = (await prometheus.alerts()).map(({ labels }) => labels['alertname'] ?? '');
    if (!names.includes('Watchdog')) return 'no rule was evaluated yet';
    const others = names.filter((name) => name !== 'Watchdog');
    if (others.length > 0) return `before the fault there is already ${others.join(', ')}`;
    return (await fetch(`${WEBHOOK_URL}/watchdog`)).ok ? '' : 'the heartbeat of Watchdog is not heard';
  };
  let obstacle = '';
  const found = await system.comes(async () => {
    obstacle = await look();
    return obstacle === '' || undefined;
  }, calmSeconds);
  if (found === undefined)
    throw new Error(
      `The stack did not come to rest within ${calmSeconds} s: ${obstacle || 'nobody answers'}.`,
    );
  await system.scraped('todo-api');
  if (hasBackups) await backupsOf(system).seen();
}

/** Whether an alert tells of what the API logged: slow answers, or failures of a machine that is too busy for it. */
function tellsOfBadAnswers(alert: SeenAlert, requests: readonly LoggedRequest[]): boolean {
  const isAvailability = alert.labels['slo'] === 'availability';
  const failures = requests.filter(({ status }) => status >= 500).length;
  return (
    (isAvailability && failures >= slos.availability.minBadEvents) || tellsOfSlowAnswers(alert, requests)
  );
}

const logOf = ({ settings }: SystemUnderTest) => logOfFile(pathsIn(settings.stackDirectory).log('api'));

const stages: readonly Stage[] = ['inactive', 'pending', 'firing', 'notified', 'recovered', 'resolved'];

/** `pending 3 s, firing 8 s`. */
const timesOf = ({
  pendingSeconds,
  firingSeconds,
  notifiedSeconds,
  recoveredSeconds,
  resolvedSeconds,
}: AlertResult) =>
  Object.entries({
    pending: pendingSeconds,
    firing: firingSeconds,
    notified: notifiedSeconds,
    recovered: recoveredSeconds,
    resolved: resolvedSeconds,
  })
    .filter(([, seconds]) => seconds !== null)
    .map(([stage, seconds]) => `${stage} ${seconds} s`)
    .join(', ');

/** The results of a run; drills that could not run are left out of the results, with a reason each. */
export interface RunResult {
  readonly results: readonly AlertResult[];
  readonly skipped: readonly { readonly name: string; readonly because: string }[];
}

/** Throws the reason of an interruption; whatever else goes wrong in a drill is its result. */
export async function runExercises(
  chosen: readonly Exercise[],
  system: SystemUnderTest,
  terminal: Terminal,
): Promise<RunResult> {
  const results: AlertResult[] = [];
  const skipped: { name: string; because: string }[] = [];
  const width = Math.max(...chosen.map(({ name }) => name.length));
  for (const [index, { name, fault, uses, needs, leavesRequests, run }] of chosen.entries()) {
    const because =
      needs() ?? uses.map((component) => system.has(component)).find((one) => one !== undefined);
    const title = name.padEnd(width);
    if (because !== undefined) {
      skipped.push({ name, because });
      terminal.line('skipped', `${title}  ${because}`);
      continue;
    }
    const past: string[] = [];
    const show = (text: string) => terminal.live(`${index + 1}/${chosen.length}  ${name}: ${text}`);
    const reached = (stage: Stage, seconds: number) => {
      if (stage !== 'inactive') past.push(`${stage} ${seconds} s`);
      const next = stages[stages.indexOf(stage) + 1];
      show([...past, ...(next === undefined ? [] : [`${next} …`])].join(', '));
    };
    show('waits until no alert fires …');
    system.forgetAccounts();
    const began = Date.now();
    const logEnd = logOf(system).end();
    const isTrue = (alert: SeenAlert) =>
      tellsOfBusyMachine(alert) ||
      (leavesRequests && tellsOfBadAnswers(alert, logOf(system).requestsSince(logEnd)));
    const before = await look(system);
    let result: AlertResult;
    try {
      await calm(system);
      result = await run(system, { reached, isTrue });
    } catch (error) {
      system.signal.throwIfAborted();
      result = impossible(name, began, error);
    }
    const left = await leftBehind(system, before);
    if (left.length > 0) result = { ...result, ok: false, problems: [...result.problems, ...left] };
    results.push(result);
    terminal.line(result.ok ? 'ok' : 'FAILED', `${title}  ${fault}: ${timesOf(result)}`);
    for (const problem of result.problems)
      terminal.text(`         ${problem.replaceAll('\n', '\n         ')}`);
  }
  return { results, skipped };
}

/** Beside the journeys of k6, with their mistakes: none of it is to make an alert fire. */
const everyTraffic = { reads: 50, batches: 10 };

/**
 * Whether each drill fails when its fault is left out: nothing fires by itself, under any drill's traffic. All at once,
 * on one system, since nothing happens to it.
 */
export async function proveFaultsNeeded(
  chosen: readonly Exercise[],
  system: SystemUnderTest,
  terminal: Terminal,
): Promise<boolean> {
  const tried = chosen.filter(
    ({ within, needs, uses }) =>
      within > 0 && needs() === undefined && uses.every((component) => system.has(component) === undefined),
  );
  const seconds = Math.max(...tried.map(({ within }) => within));
  terminal.live(`Without faults: waits ${seconds} s …`);
  await calm(system);
  const traffic = await startTraffic(system, everyTraffic);
  const logEnd = logOf(system).end();
  const isTrue = (alert: SeenAlert) =>
    tellsOfBusyMachine(alert) || tellsOfBadAnswers(alert, logOf(system).requestsSince(logEnd));
  const options: DrillOptions = { withoutFault: true, reached: () => {}, isTrue };
  const watch = new Watch(system);
  const journeys = runLoad({
    profile: 'smoke',
    target: system.addresses.API_URL,
    ownAddresses: true,
    directory: join(system.settings.stackDirectory, 'load'),
    testId: 'without-faults',
    seconds,
    signal: system.signal,
  });
  const results = await Promise.all(
    tried.map(async ({ name, about, run }) => ({ name, about, result: await run(system, options) })),
  ).finally(async () => {
    traffic.stop();
    await journeys;
    await watch.end();
  });
  const trueAlerts = watch.seen.filter((alert) => alert.firingAt !== undefined && isTrue(alert));
  for (const name of new Set(trueAlerts.map(({ labels }) => `${labels['alertname']} ${labels['slo'] ?? ''}`)))
    terminal.text(
      `${name} fired, and is true: the log has the answers that it tells of, or the machine is too busy.`,
    );
  const isExplained = (about: readonly string[]) =>
    trueAlerts.some(({ labels }) => about.includes(String(labels['alertname'])));
  const passed = results.filter(
    ({ about, result }) => (result.firingSeconds !== null || result.ok) && !isExplained(about),
  );
  for (const { name, result } of passed)
    terminal.line(
      'FAILED',
      `${name} does not need its fault: ${result.problems.join(' ') || timesOf(result)}`,
    );
  if (passed.length === 0)
    terminal.line(
      'ok',
      `without its fault each of ${tried.length} drills fails: nothing fires for ${seconds} s of traffic`,
    );
  return passed.length === 0;
}

function impossible(name: string, at: number, error: unknown): AlertResult {
  return {
    name,
    ok: false,
    faultAt: new Date(at).toISOString(),
    pendingSeconds: null,
    firingSeconds: null,
    notifiedSeconds: null,
    recoveredSeconds: null,
    resolvedSeconds: null,
    problems: [error instanceof Error ? error.message : String(error)],
  };
}
