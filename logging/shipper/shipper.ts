import { setTimeout as wait } from 'node:timers/promises';
import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { Batch } from './batch.ts';
import { saveCheckpoint } from './checkpoint.ts';
import type { Delivery } from './delivery.ts';
import type { Follower } from './follower.ts';
import { untilDone } from './pause.ts';
import { reasonOf, type Say } from './say.ts';

/** How often Elasticsearch is looked at, and the checkpoint written, while there is nothing to send. */
const idleLookMs = 5000;

export interface ShipperParts {
  readonly follower: Follower;
  readonly delivery: Delivery;
  readonly metrics: Metrics<'log-shipper'>;
  readonly say: Say;
  readonly checkpointPath: string;
  readonly batchAgeMs: number;
  readonly pollMs: number;
  /** Longest pause between two tries, in milliseconds. */
  readonly longestPauseMs: number;
}

/**
 * Brings what is written to the followed files to Elasticsearch, a batch after the other. While one is sent the next is
 * read, and no more.
 */
export class Shipper {
  readonly #parts: ShipperParts;
  #sending: Batch | undefined;
  #isSaved = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ShipperParts) {
    this.#parts = parts;
    parts.metrics.beforeScrape(() => this.#measureLag());
  }

  /**
   * @param stop ends it when all that is written is shipped
   * @param giveUp ends it at once; what was sent without an answer is asked for after the next start
   */
  async run(stop: AbortSignal, giveUp: AbortSignal): Promise<void> {
    try {
      while (!giveUp.aborted) {
        this.#parts.follower.fill();
        if (this.#isDue(stop.aborted)) await this.#ship(giveUp);
        else if (stop.aborted) break;
        else await this.#rest(stop, giveUp);
      }
    } catch (error) {
      if (!giveUp.aborted) throw error;
    }
    await this.#trySave();
  }

  #isDue(isStopping: boolean): boolean {
    const { follower, batchAgeMs } = this.#parts;
    if (follower.batch.documents.length === 0) return false;
    return isStopping || follower.isFull || performance.now() - follower.batch.begunAt >= batchAgeMs;
  }

  async #ship(giveUp: AbortSignal): Promise<void> {
    const { follower, delivery, pollMs } = this.#parts;
    const batch = follower.take();
    this.#sending = batch;
    for (const [file, position] of batch.positions) file.sent = position;
    const reading = setInterval(() => follower.fill(), pollMs);
    try {
      // Before sending: after a crash it tells which lines have to be asked for.
      await this.#save(giveUp);
      const delivered = delivery.deliver(batch.documents, batch.isDoubtful, giveUp);
      setImmediate(() => follower.fill());
      await delivered;
    } finally {
      clearInterval(reading);
    }
    for (const [file, position] of batch.positions) file.acknowledged = position;
    this.#sending = undefined;
    this.#isSaved = false;
  }

  async #rest(stop: AbortSignal, giveUp: AbortSignal): Promise<void> {
    const { delivery, follower, pollMs, batchAgeMs } = this.#parts;
    if (!this.#isSaved) await this.#save(giveUp);
    if (performance.now() - this.#lookedAt >= idleLookMs) {
      await delivery.look(AbortSignal.any([stop, giveUp]));
      this.#lookedAt = performance.now();
      this.#isSaved = false;
    }
    const { documents, begunAt } = follower.batch;
    const due = documents.length === 0 ? pollMs : Math.max(1, begunAt + batchAgeMs - performance.now());
    await wait(Math.min(pollMs, due), undefined, { signal: stop }).catch(() => {});
  }

  async #save(giveUp: AbortSignal): Promise<void> {
    const { say, longestPauseMs } = this.#parts;
    const failed = (error: unknown) =>
      say.wrong(
        'checkpoint',
        `The checkpoint can't be written: ${reasonOf(error)}. Nothing is shipped until it can.`,
      );
    await untilDone(() => this.#write(), failed, longestPauseMs, giveUp);
    say.right('checkpoint', 'The checkpoint can be written again.');
  }

  async #trySave(): Promise<void> {
    try {
      await this.#write();
    } catch (error) {
      this.#parts.say(
        `The checkpoint can't be written: ${reasonOf(error)}. The next start asks which of the last lines arrived.`,
      );
    }
  }

  async #write(): Promise<void> {
    const { checkpointPath, follower, metrics } = this.#parts;
    const savedAt = new Date();
    await saveCheckpoint(checkpointPath, {
      version: 1,
      savedAt: savedAt.toISOString(),
      files: follower.positions(),
    });
    metrics.set('log_shipper_checkpoint_timestamp_seconds', {}, savedAt.getTime() / 1000);
    this.#isSaved = true;
  }

  #measureLag(): void {
    const { follower, metrics } = this.#parts;
    metrics.set('log_shipper_lag_bytes', {}, follower.lagBytes);
    const times = [this.#sending?.oldest, follower.batch.oldest].flatMap((time) => time ?? []);
    const oldest = Math.min(...times.map((time) => Date.parse(time)));
    const age = Number.isFinite(oldest) ? Math.max(0, (Date.now() - oldest) / 1000) : 0;
    metrics.set('log_shipper_lag_seconds', {}, age);
  }
}
