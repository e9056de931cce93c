/** `.stack/report/report.json`, which `make verify` and `make drill` write, each its own keys. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfExists, replaceFile } from '@sightline/servers/atomic-file.ts';
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
  replaceFile(file, `${JSON.stringify({ ...empty, ...existing(file), ...keys }, null, 2)}\n`, 0o644);
  return file;
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
