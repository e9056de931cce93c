/** Drills that are not about one alert firing: a silence that is noticed, an alert that is held back, none at all. */
import type { AlertPattern, InhibitionDrill, QuietDrill, SilenceDrill } from './drill.ts';
import { matches } from './drill.ts';
import { type AlertResult, type DrillOptions, deadlineOf, strangerProblems } from './run-drill.ts';
import type { SystemUnderTest } from './system.ts';
import { begin } from './under-way.ts';

/** Until everything has recovered, as of a drill. */
const recoverSeconds = 60;

/** A result whose times are of the fault, of what was waited for, and of the recovery. */
function resultOf(
  name: string,
  faultAt: number,
  problems: readonly string[],
  times: readonly (number | null)[],
): AlertResult {
  const [noticed = null, recovered = null, resolved = null] = times;
  return {
    name,
    ok: problems.length === 0,
    faultAt: new Date(faultAt).toISOString(),
    pendingSeconds: null,
    firingSeconds: noticed,
    notifiedSeconds: noticed,
    recoveredSeconds: recovered,
    resolvedSeconds: resolved,
    problems,
  };
}

/** Whether the dead man's switch hears the heartbeat. */
async function isAlive({ addresses }: SystemUnderTest): Promise<boolean> {
  return (await fetch(`${addresses.WEBHOOK_URL}/watchdog`, { signal: AbortSignal.timeout(30_000) })).ok;
}

/** Prometheus or Alertmanager dies: the dead man's switch says so, and hears the heartbeat again afterwards. */
export async function runSilenceDrill(
  drill: SilenceDrill,
  system: SystemUnderTest,
  options: DrillOptions,
): Promise<AlertResult> {
  const { withoutFault, reached } = options;
  reached('inactive', 0);
  await using scene = await begin(drill, system, withoutFault);
  const { faultAt, since } = scene;
  const problems: string[] = [];
  const times: number[] = [];
  const silent = await system.comes(
    async () => ((await isAlive(system)) ? undefined : true),
    deadlineOf(drill, options),
    withoutFault,
  );
  if (silent === undefined) {
    problems.push(`The dead man's switch did not notice the silence within ${deadlineOf(drill, options)} s.`);
  } else {
    times.push(since());
    reached('notified', since());
    await scene.recover();
    times.push(since());
    reached('recovered', since());
    const back = await system.comes(async () => (await isAlive(system)) || undefined, recoverSeconds);
    times.push(since());
    if (back === undefined) problems.push(`The heartbeat was not heard again within ${recoverSeconds} s.`);
    else reached('resolved', since());
  }
  return resultOf(drill.name, faultAt, problems, times);
}

interface ManagedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] };
}

/** Whether Alertmanager holds back an alert of one pattern on account of one of the other. */
async function isInhibited(
  { addresses }: SystemUnderTest,
  inhibited: AlertPattern,
  by: AlertPattern,
): Promise<boolean> {
  const response = await fetch(`${addresses.ALERTMANAGER_URL}/api/v2/alerts`, {
    signal: AbortSignal.timeout(30_000),
  });
  const alerts = (await response.json()) as readonly ManagedAlert[];
  const sources = new Set(
    alerts.filter(({ labels }) => matches(labels, by)).map(({ fingerprint }) => fingerprint),
  );
  return alerts
    .filter(({ labels }) => matches(labels, inhibited))
    .some(
      ({ status }) =>
        status.state === 'suppressed' && status.inhibitedBy.some((source) => sources.has(source)),
    );
}

export async function runInhibitionDrill(
  drill: InhibitionDrill,
  system: SystemUnderTest,
  options: DrillOptions,
): Promise<AlertResult> {
  options.reached('inactive', 0);
  await using scene = await begin(drill, system, options.withoutFault);
  const { watch, faultAt, since } = scene;
  const problems: string[] = [];
  const times: number[] = [];
  const held = async () => isInhibited(system, drill.inhibited, drill.by);
  const seen = await system.comes(
    async () => (await held()) || undefined,
    deadlineOf(drill, options),
    options.withoutFault,
  );
  if (seen === undefined) {
    problems.push(
      `${drill.inhibited.alert} was not held back by ${drill.by.alert} within ${deadlineOf(drill, options)} s.`,
    );
  } else {
    times.push(since());
    options.reached('notified', since());
    await scene.recover();
    times.push(since());
    options.reached('recovered', since());
  }
  problems.push(
    ...strangerProblems(watch, [drill.inhibited, drill.by, ...(drill.alongside ?? [])], options.isTrue),
  );
  return resultOf(drill.name, faultAt, problems, times);
}

/** Nothing may fire. */
export async function runQuietDrill(
  drill: QuietDrill,
  system: SystemUnderTest,
  options: DrillOptions,
): Promise<AlertResult> {
  options.reached('inactive', 0);
  await using scene = await begin(drill, system, options.withoutFault);
  const { watch, faultAt } = scene;
  const problems: string[] = options.withoutFault ? ['It was not tried.'] : [];
  await system.pause(drill.seconds * 1000);
  problems.push(...strangerProblems(watch, [], options.isTrue));
  return resultOf(drill.name, faultAt, problems, []);
}
