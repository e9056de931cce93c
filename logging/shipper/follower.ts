import { globSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { addTo, type Batch, emptyBatch } from './batch.ts';
import type { Checkpoint, FilePosition } from './checkpoint.ts';
import { documentOf } from './document.ts';
import { FollowedPath, isRotationOf } from './followed-path.ts';
import type { LogFile } from './log-file.ts';
import { reasonOf, type Say } from './say.ts';

export interface FollowerSettings {
  /** Paths and globs. */
  readonly patterns: readonly string[];
  readonly batchLines: number;
  readonly batchBytes: number;
  readonly lineBytes: number;
}

/**
 * Reads the followed files into a batch. It holds one, and reads no further once that is full, so that what is in memory
 * is bounded while nothing can be sent.
 */
export class Follower {
  readonly #settings: FollowerSettings;
  readonly #say: Say;
  readonly #paths = new Map<string, FollowedPath>();
  /** The checkpoint from which the first look at each path goes on. */
  readonly #checkpoint: Checkpoint | undefined;
  /** Paths whose part of the checkpoint is taken over. */
  readonly #begun = new Set<string>();
  #batch = emptyBatch();
  #turn = 0;

  constructor(settings: FollowerSettings, say: Say, checkpoint: Checkpoint | undefined) {
    this.#settings = settings;
    this.#say = say;
    this.#checkpoint = checkpoint;
  }

  /** The lines that are read and not taken yet. */
  get batch(): Readonly<Batch> {
    return this.#batch;
  }

  get isFull(): boolean {
    const { batchLines, batchBytes, lineBytes } = this.#settings;
    return this.#batch.documents.length >= batchLines || batchBytes - this.#batch.bytes < lineBytes;
  }

  /** Bytes that are written and not acknowledged. */
  get lagBytes(): number {
    return this.#files().reduce((sum, file) => sum + Math.max(0, file.size - file.acknowledged), 0);
  }

  take(): Batch {
    const taken = this.#batch;
    this.#batch = emptyBatch();
    return taken;
  }

  /** Looks at the files, and reads as much as the batch takes. Says what can't be read; the next call tries again. */
  fill(): void {
    const paths = this.#wanted();
    for (const path of paths) this.#attempt(path.path, 'looked at', () => path.refresh());
    // Another one is the first each time, so that a busy file doesn't keep the others waiting.
    this.#turn = (this.#turn + 1) % Math.max(1, paths.length);
    for (const path of [...paths.slice(this.#turn), ...paths.slice(0, this.#turn)])
      for (const file of path.files)
        if (!this.isFull) this.#attempt(path.path, 'read', () => this.#read(file));
  }

  positions(): FilePosition[] {
    const known = [...this.#paths.values()].flatMap((path) => path.positions());
    // Of files that could not be opened yet.
    const waiting = this.#checkpoint?.files.filter(({ path }) => !this.#begun.has(path)) ?? [];
    return [...known, ...waiting];
  }

  close(): void {
    for (const path of this.#paths.values()) path.close();
  }

  #wanted(): FollowedPath[] {
    const { patterns } = this.#settings;
    const found: string[] = [];
    for (const pattern of patterns)
      this.#attempt(pattern, 'searched for', () => found.push(...globSync(pattern)));
    // Also what was renamed, and has no successor yet.
    const left = (this.#checkpoint?.files ?? [])
      .map(({ path }) => path)
      .filter((path) => !this.#begun.has(path) && patterns.some((pattern) => matchesGlob(path, pattern)));
    const all = new Set([...found, ...left]);
    for (const path of all) {
      if (this.#paths.has(path) || [...all].some((other) => isRotationOf(path, other))) continue;
      this.#attempt(path, 'opened', () => {
        const from = this.#begun.has(path) ? undefined : this.#checkpoint;
        this.#paths.set(path, new FollowedPath(path, this.#say, from));
        this.#begun.add(path);
      });
    }
    for (const [path, followed] of this.#paths)
      if (!all.has(path) && followed.isDone) this.#paths.delete(path);
    return [...this.#paths.values()];
  }

  #read(file: LogFile): void {
    const { batchLines, batchBytes, lineBytes } = this.#settings;
    const room = { lines: batchLines - this.#batch.documents.length, bytes: batchBytes - this.#batch.bytes };
    if (this.#batch.documents.length === 0) this.#batch = emptyBatch();
    const lines = file.readLines(room, lineBytes);
    if (lines.length === 0) return;
    addTo(
      this.#batch,
      file,
      lines.map((line) => ({ ...line, document: documentOf(line) })),
    );
  }

  #attempt(path: string, done: string, work: () => unknown): void {
    const what = `${path} ${done}`;
    try {
      work();
      this.#say.right(what, `${path} can be ${done} again.`);
    } catch (error) {
      this.#say.wrong(what, `${path} can't be ${done}: ${reasonOf(error)}. Trying again until it can.`);
    }
  }

  #files(): LogFile[] {
    return [...this.#paths.values()].flatMap(({ files }) => files);
  }
}
