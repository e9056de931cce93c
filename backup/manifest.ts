/** The facts of a backup, in a file beside it. It is written last: a backup without one is none. */

import type { KeyObject } from 'node:crypto';
import { isAhead } from '@sightline/contract/clock.ts';
import type { Contents } from './contents.ts';
import { Refused } from './outcome.ts';
import type { Measure } from './pieces.ts';
import { signedText, verifiedDocument } from './signature.ts';

export interface Manifest extends Contents {
  /** 1 is of before manifests were signed and had pieces. */
  readonly format: 2;
  /** The name of the backup. */
  readonly id: string;
  /** ISO 8601, UTC. What the backup holds is of this moment. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** The version of PostgreSQL that it was taken of. */
  readonly server: string;
  /** The encrypted file. */
  readonly dump: Measure & { readonly file: string };
  readonly tools: Readonly<Record<'pg_dump' | 'node', string>>;
}

export const manifestFile = (id: string) => `${id}.json`;
export const dumpFile = (id: string) => `${id}.dump.age`;

/** The names of backups, by the files at a destination, the newest first. An unfinished one is not among them. */
export function backupsAmong(files: readonly string[]): readonly string[] {
  const there = new Set(files);
  return files
    .flatMap((file) => /^(\d{8}T\d{9}Z-[0-9a-f]{4})\.json$/.exec(file)?.[1] ?? [])
    .filter((id) => there.has(dumpFile(id)))
    .sort()
    .reverse();
}

/** When a backup was begun, which its name says. */
export function startOf(id: string): Date {
  const [, year, month, day, hour, minute, second, millisecond] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(id) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`);
}

/** Advice about a backup that is dated in the future. */
export const aheadAdvice =
  'Find out which clock was wrong (backup/README.md), then remove them, or name one in BACKUP to restore it.';

/** Backups whose time has come, and those that are dated in the future or by no time, which count as nothing. */
export function byDate(
  ids: readonly string[],
  now = Date.now(),
): Readonly<Record<'dated' | 'ahead', readonly string[]>> {
  const ahead = ids.filter((id) => isAhead(startOf(id).getTime(), now));
  return { dated: ids.filter((id) => !ahead.includes(id)), ahead };
}

/** The fields that every format has. */
export type AnyManifest = Omit<Manifest, 'format' | 'dump'> & {
  readonly format: number;
  readonly dump: Omit<Manifest['dump'], 'pieces'> & Partial<Pick<Measure, 'pieces'>>;
};

const nameOf = (id: string) => `The manifest of ${id}`;

/**
 * A document as the manifest of a backup, whoever wrote it.
 * @throws Refused when it is none
 */
export function manifestOf(id: string, document: object): AnyManifest {
  const manifest = document as Partial<AnyManifest>;
  const isWhole =
    (manifest.format === 1 || manifest.format === 2) &&
    manifest.id === id &&
    Array.isArray(manifest.tables) &&
    Date.parse(manifest.startedAt ?? '') === startOf(id).getTime() &&
    Number.isFinite(Date.parse(manifest.endedAt ?? '')) &&
    typeof manifest.dump?.bytes === 'number' &&
    typeof manifest.dump.sha256 === 'string' &&
    manifest.dump.file === dumpFile(id);
  if (!isWhole) throw new Refused(`${nameOf(id)} is damaged, or of another program.`);
  return manifest as AnyManifest;
}

/**
 * The manifest of a backup.
 * @param keys of whom it may be
 * @throws Refused when the text is no manifest of this backup, or not signed by one of the keys
 */
export function readManifest(id: string, text: string, keys: readonly KeyObject[]): Manifest {
  const manifest = manifestOf(id, verifiedDocument('backup manifest', nameOf(id), text, keys));
  const { pieces } = manifest.dump;
  if (manifest.format !== 2 || !Array.isArray(pieces?.sha256) || !(pieces.bytes > 0))
    throw new Refused(`${nameOf(id)} is signed, and of a format that this program doesn't know.`);
  return manifest as Manifest;
}

/** The text of a manifest's file. */
export const manifestText = (manifest: Manifest, key: KeyObject): string =>
  signedText('backup manifest', manifest, key);
