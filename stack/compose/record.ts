/** The record of a stack in Docker, for the other commands. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfExists, replaceFile } from '@sightline/servers/atomic-file.ts';

export interface ComposeRecord {
  /** Stopped, it still has containers and volumes, which belong to the secrets of this folder. */
  readonly isRunning: boolean;
  readonly ports: Readonly<Record<string, number>>;
  /** Those that were asked for, with what they depend on. */
  readonly services: readonly string[];
}

const fileOf = (stackDirectory: string) => join(stackDirectory, 'compose.json');

/** The stack that was last started in this folder, whether it runs or not; undefined when there is none. */
export function readLastRecord(stackDirectory: string): ComposeRecord | undefined {
  const text = readIfExists(fileOf(stackDirectory));
  return text === undefined ? undefined : (JSON.parse(text) as ComposeRecord);
}

/** The stack that was started in this folder and not stopped since; undefined when there is none. */
export function readRecord(stackDirectory: string): ComposeRecord | undefined {
  const record = readLastRecord(stackDirectory);
  return record?.isRunning ? record : undefined;
}

export function writeRecord(stackDirectory: string, record: ComposeRecord): void {
  replaceFile(fileOf(stackDirectory), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeRecord(stackDirectory: string): void {
  rmSync(fileOf(stackDirectory), { force: true });
}
