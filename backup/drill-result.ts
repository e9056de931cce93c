/** The result of the last restore drill: one file at the destination, signed by who ran it. */
import type { KeyObject } from 'node:crypto';
import { Refused } from './outcome.ts';
import { signedText, verifiedDocument } from './signature.ts';
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

/** A result, or the sentence that says why it is not used; neither before the first drill. */
export type FoundDrillResult =
  | { readonly result?: DrillResult; readonly refused?: undefined }
  | { readonly result?: undefined; readonly refused: string };

/**
 * The result that is there.
 * @param files at the destination
 * @param keys of whom it may be
 */
export async function readDrillResult(
  storage: Storage,
  files: readonly string[],
  keys: readonly KeyObject[],
): Promise<FoundDrillResult> {
  if (!files.includes(drillResultFile)) return {};
  try {
    const text = await readText(storage, drillResultFile);
    return {
      result: verifiedDocument('restore drill result', drillResultFile, text, keys) as DrillResult,
    };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

/** Writes the result of a drill, beside the last success if it was none itself. */
export async function writeDrillResult(
  storage: Storage,
  drill: Drill,
  problem: string | undefined,
  { signingKey, keys }: { readonly signingKey: KeyObject; readonly keys: readonly KeyObject[] },
): Promise<void> {
  const { result: before } = await readDrillResult(storage, await storage.list(), keys);
  const result: DrillResult = {
    last: { ...drill, ok: problem === undefined, ...(problem !== undefined && { problem }) },
    lastSuccess: problem === undefined ? drill : (before?.lastSuccess ?? null),
  };
  await writeText(storage, drillResultFile, signedText('restore drill result', result, signingKey));
}
