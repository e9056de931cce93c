/** A check: verify, the cluster, the stack of Docker, the image, manifests, Terraform, workflows and `make test` are tables of them. */
import type { Terminal } from '@sightline/telemetry/check-terminal.ts';
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { MissingTool } from '@sightline/tools/tools.ts';

/** `Context` is what the checks of a table share. */
export interface Check<Context> {
  readonly id: string;
  /** Its subject, where a table is about several things. */
  readonly group?: string;
  /** The claim that the check proves. */
  readonly proves: string;
  /** Why it can't be looked at here; it is then skipped by name. */
  readonly skipReason?: (context: Context) => string | undefined;
  /** Cores that it keeps busy, on average. Unset: one. */
  readonly cores?: number;
  /** Ids of checks that have to be over before, if they are run at all. */
  readonly after?: readonly string[];
  /**
   * Returns what it found, in some words.
   * @throws CheckFailed when something isn't as it should be; NotPossible or MissingTool when it can't be looked at here, which
   *   skips it by name
   */
  readonly run: (context: Context, id: string) => string | Promise<string>;
}

/** The result of a check. */
export interface Outcome {
  readonly ok: boolean;
  readonly detail: string;
}

/** Something is not as it should be. The sentences say what, where, and what was expected. */
export class CheckFailed extends Error {
  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'));
  }
}

/** Throws when there are sentences. */
export function expectNone(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new CheckFailed(sentences);
}

/** A check that looks for problems: sentences of what is wrong. */
export const problemCheck = (
  id: string,
  proves: string,
  problems: () => readonly string[] | Promise<readonly string[]>,
  skipReason: () => string | undefined = () => undefined,
): Check<void> => ({
  id,
  proves,
  skipReason,
  run: async () => {
    expectNone(await problems());
    return proves;
  },
});

export interface RunOptions {
  readonly terminal: Terminal;
  /** No check begins after it is aborted, and those under way count for nothing. */
  readonly signal?: AbortSignal;
  /** How far the check under way is, where it tells. */
  readonly progress?: { text: string };
  /** Each check stands on the one before: the first that fails is the last. */
  readonly untilOneFails?: boolean;
  /** Cores that checks side by side may keep busy. Unset: one check after the other. */
  readonly cores?: number;
}

const tick = 250;

/** When a check ran, in milliseconds since 1970. */
export interface Span {
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Results<One> {
  /** In the order in which they ended. */
  readonly found: readonly (Outcome & Span & { readonly check: One })[];
  readonly skipped: readonly { readonly check: One; readonly because: string }[];
}

/**
 * Runs checks, each with its line: in the order of the table one after the other, or as many at a time as the cores
 * take. A check that wants more cores than there are runs when no other does.
 */
export async function runChecks<Context, One extends Check<Context>>(
  checks: readonly One[],
  context: Context,
  { terminal, signal, progress = { text: '' }, untilOneFails = false, cores = 1 }: RunOptions,
): Promise<Results<One>> {
  const found: Results<One>['found'][number][] = [];
  const skipped: Results<One>['skipped'][number][] = [];
  const underWay = new Map<One, Promise<void>>();
  const nameOf = ({ id, group }: One) => (group === undefined ? id : `${group}/${id}`).padEnd(18);

  async function runOne(check: One): Promise<void> {
    const { proves, run } = check;
    const name = nameOf(check);
    progress.text = proves;
    const startedAt = Date.now();
    const began = performance.now();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
    const live = () => terminal.live(`…        ${seconds()} ${name} ${progress.text}`);
    live();
    const timer = setInterval(live, tick);
    const outcome = await outcomeOf(() => run(context, check.id));
    clearInterval(timer);
    if (signal?.aborted) return;
    if (typeof outcome === 'string') {
      skip(check, outcome);
      return;
    }
    found.push({ check, ...outcome, startedAt, endedAt: Date.now() });
    if (outcome.ok) terminal.line('ok', `${seconds()} ${name} ${outcome.detail}`.trimEnd());
    else
      terminal.line(
        'FAILED',
        `${seconds()} ${name} not so: ${proves}\n${outcome.detail.replace(/^/gm, '    ')}`,
      );
  }
  function skip(check: One, because: string): void {
    skipped.push({ check, because });
    terminal.line('skipped', `         ${nameOf(check)} ${because}`);
  }

  const waiting = [...checks];
  const isOver = () => signal?.aborted || (untilOneFails && found.some(({ ok }) => !ok));
  /** The next that has the cores, and nothing to wait for. */
  function takeNext(): One | undefined {
    const busy = [...underWay.keys()].reduce((sum, { cores: share = 1 }) => sum + share, 0);
    const next = waiting.findIndex(
      ({ cores: share = 1, after = [] }) =>
        (busy === 0 || busy + share <= cores) &&
        ![...waiting, ...underWay.keys()].some(({ id }) => after.includes(id)),
    );
    return next < 0 ? undefined : waiting.splice(next, 1)[0];
  }
  while (true) {
    const next = isOver() ? undefined : takeNext();
    if (next === undefined) {
      if (underWay.size === 0 && !isOver() && waiting.length > 0)
        throw new Error(`These checks wait for each other: ${waiting.map(({ id }) => id).join(', ')}.`);
      if (underWay.size === 0) break;
      await Promise.race(underWay.values());
      continue;
    }
    const reason = next.skipReason?.(context);
    if (reason === undefined)
      underWay.set(
        next,
        runOne(next).finally(() => underWay.delete(next)),
      );
    else skip(next, reason);
  }
  return { found, skipped };
}

/**
 * Runs a check that may throw or reject.
 * @returns a sentence why it can't be looked at here, if that is so
 */
async function outcomeOf(run: () => string | Promise<string>): Promise<Outcome | string> {
  try {
    return { ok: true, detail: await run() };
  } catch (error) {
    if (error instanceof NotPossible || error instanceof MissingTool) return error.message;
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
