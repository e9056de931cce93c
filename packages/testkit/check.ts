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
  /**
   * Returns what it found, in some words.
   * @throws CheckFailed when something isn't as it should be; NotPossible or MissingTool when it can't be looked at here, which
   *   skips it by name
   */
  readonly run: (context: Context) => string | Promise<string>;
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
  /** No check begins after it is aborted, and the one under way counts for nothing. */
  readonly signal?: AbortSignal;
  /** How far the check under way is, where it tells. */
  readonly progress?: { text: string };
  /** Each check stands on the one before: the first that fails is the last. */
  readonly untilOneFails?: boolean;
}

const tick = 250;

export interface Results<One> {
  readonly found: readonly (Outcome & { readonly check: One })[];
  readonly skipped: readonly { readonly check: One; readonly because: string }[];
}

/** Runs checks one after the other, each with its line. */
export async function runChecks<Context, One extends Check<Context>>(
  checks: readonly One[],
  context: Context,
  { terminal, signal, progress = { text: '' }, untilOneFails = false }: RunOptions,
): Promise<Results<One>> {
  const found: Results<One>['found'][number][] = [];
  const skipped: Results<One>['skipped'][number][] = [];
  for (const check of checks) {
    if (signal?.aborted) break;
    const { id, group, proves, run } = check;
    const name = (group === undefined ? id : `${group}/${id}`).padEnd(18);
    const reason = check.skipReason?.(context);
    const leave = (because: string) => {
      skipped.push({ check, because });
      terminal.line('skipped', `         ${name} ${because}`);
    };
    if (reason !== undefined) {
      leave(reason);
      continue;
    }
    progress.text = proves;
    const began = performance.now();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
    const live = () => terminal.live(`…        ${seconds()} ${name} ${progress.text}`);
    live();
    const timer = setInterval(live, tick);
    const outcome = await outcomeOf(() => run(context));
    clearInterval(timer);
    if (signal?.aborted) break;
    if (typeof outcome === 'string') {
      leave(outcome);
      continue;
    }
    found.push({ check, ...outcome });
    if (outcome.ok) terminal.line('ok', `${seconds()} ${name} ${outcome.detail}`.trimEnd());
    else
      terminal.line(
        'FAILED',
        `${seconds()} ${name} not so: ${proves}\n${outcome.detail.replace(/^/gm, '    ')}`,
      );
    if (untilOneFails && !outcome.ok) break;
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
