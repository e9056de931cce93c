/** One drill: a fault is caused, its alert goes pending, fires, is heard of, and resolves when the fault is gone. */
import type { CaughtAlert } from '@sightline/monitoring/webhook/notification.ts';
import type { AlertResult } from '@sightline/preview/alert-result.ts';
import { type AlertPattern, type Drill, matches } from './drill.ts';
import { faultPanelProblems } from './panels.ts';
import { brokenLinks, runRunbook } from './runbook.ts';
import type { SystemUnderTest } from './system.ts';
import { begin } from './under-way.ts';
import type { SeenAlert, Watch } from './watch.ts';

export type { AlertResult } from '@sightline/preview/alert-result.ts';

/** A stage that a drill has reached. */
export type Stage = 'inactive' | 'pending' | 'firing' | 'notified' | 'recovered' | 'resolved';

/** How much longer than on an idle machine something may take. */
const patience = 3;
/** Seconds until something that a fault has to bring about is too late. */
export const deadlineOf = ({ within }: Pick<Drill, 'within'>, { withoutFault }: DrillOptions): number =>
  withoutFault ? within : within * patience;
/** From firing to the webhook: group_wait, and Alertmanager's own pace. */
const notifySeconds = 30;
/** The longest window of a rule, its evaluation and what Prometheus waits before it tells that nothing fires. */
const resolveSeconds = 150;

/** Whether the description of an alert can be read: a template that failed or a number that is none leave traces. */
const spoilt = /<no value>|<nil>|NaN|%!|\{\{|error expanding|[+-]Inf/;

const labelText = (labels: Readonly<Record<string, string>>): string => {
  const { alertname = '', ...rest } = labels;
  return `${alertname}{${Object.entries(rest)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`;
};

/** Sentences about alerts that fired beside those that a fault explains. */
export function strangerProblems(
  watch: Watch,
  allowed: readonly AlertPattern[],
  isTrue: DrillOptions['isTrue'],
): string[] {
  return watch.seen
    .filter(({ firingAt, labels }) => firingAt !== undefined && !allowed.some((one) => matches(labels, one)))
    .filter((stranger) => !isTrue(stranger))
    .map(({ labels }) => `${labelText(labels)} fired too, which this fault does not explain.`);
}

/** Sentences about a notification that is not as its reader needs it. */
function noticeProblems(
  { labels, annotations, receiver }: CaughtAlert,
  alert: SeenAlert,
  drill: Drill,
): string[] {
  const [min, max] = drill.value;
  const { summary = '', description = '' } = annotations;
  const expectedReceiver = labels['severity'] === 'page' ? 'page' : 'ticket';
  const value = alert.value ?? Number.NaN;
  return [
    ...(receiver === expectedReceiver
      ? []
      : [`It went to the receiver ${receiver}; its severity is ${labels['severity']}.`]),
    ...(value >= min && value <= max
      ? []
      : [`Its value is ${value}; under this fault it has to be from ${min} to ${max}.`]),
    ...[summary, description]
      .filter((text) => text === '' || spoilt.test(text))
      .map((text) => `Its text can't be read: "${text}".`),
    ...(/\d/.test(description) ? [] : [`Its description has no value: "${description}".`]),
    ...brokenLinks(annotations),
  ];
}

export interface DrillOptions {
  /** Leaves out the fault and its traffic, which the caller sends: the drill has to fail then, and does not wait so long. */
  readonly withoutFault?: boolean;
  /** Told of each stage and of the seconds since the fault. */
  readonly reached: (stage: Stage, seconds: number) => void;
  /** Whether an alert that nothing of the drill explains is true all the same. */
  readonly isTrue: (alert: SeenAlert) => boolean;
}

/**
 * Runs a drill on a system where no alert fires.
 * @throws what makes a drill impossible: a component that does not do as told, an interruption. The fault is undone.
 */
export async function runDrill(
  drill: Drill,
  system: SystemUnderTest,
  name: string,
  options: DrillOptions,
): Promise<AlertResult> {
  const pattern: AlertPattern = { alert: drill.alert, ...drill.labels };
  const problems: string[] = [];
  options.reached('inactive', 0);
  await using scene = await begin(drill, system, options.withoutFault);
  const { watch, faultAt, since } = scene;
  const seconds = { pending: null, firing: null, notified: null, recovered: null, resolved: null } as Record<
    Exclude<Stage, 'inactive'>,
    number | null
  >;
  const reach = (stage: Exclude<Stage, 'inactive'>, at?: number) => {
    seconds[stage] = since(at);
    options.reached(stage, since(at));
  };
  const deadline = deadlineOf(drill, options);
  const fired = await system.comes(
    () => {
      const alert = watch.find(pattern);
      if (alert?.pendingAt !== undefined && seconds.pending === null) reach('pending', alert.pendingAt);
      return alert?.firingAt === undefined ? undefined : alert;
    },
    deadline,
    options.withoutFault,
  );
  if (fired?.firingAt === undefined) {
    problems.push(
      `It did not fire within ${deadline} s; on an idle machine it takes ${drill.within} s at most.`,
    );
  } else {
    reach('firing', fired.firingAt);
    const isOurs = ({ labels }: CaughtAlert) => matches(labels, pattern);
    const notice = await system.comes(
      async () => (await watch.notifications()).find((one) => one.status === 'firing' && isOurs(one)),
      notifySeconds,
    );
    if (notice === undefined)
      problems.push(`It fired, and the webhook heard nothing of it for ${notifySeconds} s.`);
    else {
      reach('notified', Date.parse(notice.receivedAt));
      problems.push(...noticeProblems(notice, fired, drill));
    }
    problems.push(...(await runRunbook(drill.alert, system.addresses)));
    problems.push(...(await faultPanelProblems(drill.shows ?? [], system, faultAt)));

    await scene.recover();
    reach('recovered');
    const resolved = await system.comes(
      async () => (await watch.notifications()).find((one) => one.status === 'resolved' && isOurs(one)),
      resolveSeconds,
    );
    if (resolved === undefined)
      problems.push(
        `The fault is gone, and the webhook was not told within ${resolveSeconds} s that it has resolved.`,
      );
    else reach('resolved', Date.parse(resolved.receivedAt));
  }

  problems.push(...strangerProblems(watch, [pattern, ...(drill.alongside ?? [])], options.isTrue));
  return {
    name,
    ok: problems.length === 0,
    faultAt: new Date(faultAt).toISOString(),
    pendingSeconds: seconds.pending,
    firingSeconds: seconds.firing,
    notifiedSeconds: seconds.notified,
    recoveredSeconds: seconds.recovered,
    resolvedSeconds: seconds.resolved,
    problems,
  };
}
