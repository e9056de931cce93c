import type { Document } from './document.ts';
import type { LogFile } from './log-file.ts';

/** Lines that are sent together. */
export interface Batch {
  readonly documents: Document[];
  /** How far each of their files is read with them. */
  readonly positions: Map<LogFile, number>;
  bytes: number;
  /** Whether some of them may have been sent by a life of the shipper that ended before the answer. */
  isDoubtful: boolean;
  /** The time of the oldest line, ISO 8601. */
  oldest: string | undefined;
  /** In performance.now()'s milliseconds. */
  readonly begunAt: number;
}

export const emptyBatch = (): Batch => ({
  documents: [],
  positions: new Map(),
  bytes: 0,
  isDoubtful: false,
  oldest: undefined,
  begunAt: performance.now(),
});

/** Adds lines of a file. */
export function addTo(
  batch: Batch,
  file: LogFile,
  lines: readonly { document: Document; start: number; bytes: number }[],
): void {
  for (const { document, start, bytes } of lines) {
    batch.documents.push(document);
    batch.bytes += bytes;
    // Those of one file come in the order they were written, so that its first is its oldest.
    if (start < file.sent) batch.isDoubtful = true;
  }
  const first = lines[0]?.document.time;
  if (first !== undefined && (batch.oldest === undefined || first < batch.oldest)) batch.oldest = first;
  batch.positions.set(file, file.read);
}
