/** `.stack/report/report.json`, which `make verify` and `make drill` write, each its own keys. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfExists, replaceFile } from '@sightline/servers/atomic-file.ts';
import { takeLock } from '@sightline/servers/lock.ts';
import type { CheckFinding, PanelFinding, Reconciliation } from './findings.ts';

export type { CheckFinding, PanelFinding, Reconciliation } from './findings.ts';

/** Lists that checks add to while they run. */
export interface Findings {
  readonly reconciliation: Reconciliation[];
  readonly panels: PanelFinding[];
}

/** The keys that `make verify` writes. Times are ISO 8601. */
export interface VerifyReport extends Readonly<Findings> {
  readonly run: { readonly startedAt: string; readonly endedAt: string };
  readonly checks: readonly CheckFinding[];
}

/** A report in which nothing has been found yet. */
const empty = {
  run: { startedAt: null, endedAt: null },
  checks: [],
  reconciliation: [],
  panels: [],
  alerts: [],
};

/**
 * Replaces keys of the report, and keeps the others. Returns the file's path. A file that is no report is replaced.
 * Throws the file system's error.
 */
export function writeReport(stackDirectory: string, keys: Readonly<Record<string, unknown>>): string {
  const file = fileIn(stackDirectory);
  mkdirSync(dirname(file), { recursive: true });
  const unlock = lockAtOnce(`${file}.lock`);
  try {
    replaceFile(file, `${JSON.stringify({ ...empty, ...existing(file), ...keys }, null, 2)}\n`, 0o644);
  } finally {
    unlock();
  }
  return file;
}

/** Checks of `make test` write side by side, each for an instant. */
function lockAtOnce(path: string): () => void {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    const unlock = takeLock(path);
    if (unlock !== undefined) return unlock;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  throw new Error(`${path} is held by another process for 10 s; remove it if that process is none of yours.`);
}

/** The whole report of a stack; of one that isn't there, one in which nothing was found. */
export function allOfReport(stackDirectory: string): typeof empty & ReturnType<typeof existing> {
  return { ...empty, ...existing(fileIn(stackDirectory)) };
}

/** Reads a list in the report of a stack; nothing of a report that isn't there. */
export function readReport(stackDirectory: string, key: keyof typeof empty): readonly unknown[] {
  const value: unknown = new Map(Object.entries(existing(fileIn(stackDirectory)))).get(key);
  return Array.isArray(value) ? value : [];
}

const fileIn = (stackDirectory: string) => join(stackDirectory, 'report', 'report.json');

function existing(file: string): object {
  try {
    const report: unknown = JSON.parse(readIfExists(file) ?? '{}');
    return typeof report === 'object' && report !== null && !Array.isArray(report) ? report : {};
  } catch {
    // Cut off by a full disk, or written by hand.
    return {};
  }
}
