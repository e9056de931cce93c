/** What became of the last restore drill: one file at the destination. */
import { readText, type Storage, writeText } from './storage/storage.ts';

export const drillResultFile = 'restore-drill.json';

export interface Drill {
  /** The backup that was restored; null when there was none to restore. */
  readonly backup: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
}

export interface DrillResult {
  readonly last: Drill & { readonly ok: boolean; readonly problem?: string };
  /** The last that found a backup complete; null when none has yet. */
  readonly lastSuccess: Drill | null;
}

/** The result that is there; undefined before the first drill, or when it can't be read. */
export async function readDrillResult(
  storage: Storage,
  files: readonly string[],
): Promise<DrillResult | undefined> {
  if (!files.includes(drillResultFile)) return undefined;
  try {
    const result = JSON.parse(await readText(storage, drillResultFile)) as Partial<DrillResult>;
    return result.last === undefined ? undefined : { lastSuccess: null, ...result, last: result.last };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes the result of a drill, beside the last success if it was none itself. */
export async function writeDrillResult(
  storage: Storage,
  drill: Drill,
  problem: string | undefined,
): Promise<void> {
  const before = await readDrillResult(storage, await storage.list());
  const result: DrillResult = {
    last: { ...drill, ok: problem === undefined, ...(problem !== undefined && { problem }) },
    lastSuccess: problem === undefined ? drill : (before?.lastSuccess ?? null),
  };
  await writeText(storage, drillResultFile, `${JSON.stringify(result, null, 2)}\n`);
}
