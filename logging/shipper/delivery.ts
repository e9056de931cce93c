import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { Document } from './document.ts';
import { RequestError, type RetryReason, type Store } from './elasticsearch.ts';
import { pauseBefore, untilDone } from './pause.ts';
import { reasonOf, type Say } from './say.ts';

export interface DeliveryParts {
  readonly store: Store;
  readonly metrics: Metrics<'log-shipper'>;
  readonly say: Say;
  /** Keeps refused documents for good before it resolves. Throws the file system's error. */
  readonly bury: (letters: readonly DeadLetter[]) => Promise<void>;
  /** Longest pause between two tries, in milliseconds. */
  readonly longestPauseMs: number;
}

/** Documents still to be sent, and why it has to be sent again. */
interface Rest {
  readonly documents: readonly Document[];
  readonly isDoubtful: boolean;
  readonly again?: { readonly reason: RetryReason; readonly why: string };
}

const elasticsearch = 'Elasticsearch';

/** Brings documents to Elasticsearch, each exactly once. */
export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when each document is in Elasticsearch or among the dead letters, however long that takes.
   * @param isDoubtful whether some may be there already, in an index that is no longer the one written to
   * @param signal gives up; it then rejects, and whether the rest arrived is not known
   */
  async deliver(documents: readonly Document[], isDoubtful: boolean, signal: AbortSignal): Promise<void> {
    const { metrics, longestPauseMs } = this.#parts;
    let rest: Rest = { documents, isDoubtful };
    for (let attempt = 0; rest.documents.length > 0; attempt += 1) {
      const before = rest.documents.length;
      rest = await this.#attempt(rest, signal);
      if (!rest.again) continue;
      metrics.count('log_shipper_retries_total', { reason: rest.again.reason });
      this.#parts.say.wrong(
        elasticsearch,
        `Elasticsearch did not take ${rest.documents.length} lines: ${rest.again.why}. Trying again for ever.`,
      );
      // What gets on needs no longer and longer pauses.
      if (rest.documents.length < before) attempt = 0;
      await pauseBefore(attempt, longestPauseMs, signal);
    }
  }

  /** Asks whether Elasticsearch is there, while there is nothing to send. */
  async look(signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.store.look(signal);
      this.#answered(true, true);
    } catch (error) {
      if (signal.aborted) return;
      this.#failed();
      this.#parts.say.wrong(elasticsearch, `Elasticsearch does not answer: ${reasonOf(error)}.`);
    }
  }

  async #attempt(rest: Rest, signal: AbortSignal): Promise<Rest> {
    let { documents } = rest;
    try {
      if (rest.isDoubtful) documents = await this.#withoutArrived(documents, signal);
      if (documents.length === 0) return { documents, isDoubtful: false };
      return await this.#send(documents, signal);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.isRefused) return this.#divide(documents, error, signal);
      this.#failed();
      const { reason, message: why } = error;
      return { documents, isDoubtful: rest.isDoubtful || error.isDoubtful, again: { reason, why } };
    }
  }

  async #withoutArrived(documents: readonly Document[], signal: AbortSignal): Promise<readonly Document[]> {
    const ids = documents.map(({ id }) => id);
    const arrived = await this.#parts.store.existing(ids, signal);
    this.#parts.metrics.count('log_shipper_lines_total', { outcome: 'duplicate' }, arrived.size);
    return documents.filter(({ id }) => !arrived.has(id));
  }

  async #send(documents: readonly Document[], signal: AbortSignal): Promise<Rest> {
    const { metrics, store } = this.#parts;
    const began = performance.now();
    metrics.observe('log_shipper_batch_lines', {}, documents.length);
    const outcomes = await store.create(documents, signal).finally(() => {
      metrics.observe('log_shipper_batch_duration_seconds', {}, (performance.now() - began) / 1000);
    });
    const again: Document[] = [];
    const refused: DeadLetter[] = [];
    let isDoubtful = false;
    let cause: Rest['again'];
    const counts = { created: 0, duplicate: 0 };
    for (const [place, outcome] of outcomes.entries()) {
      const document = documents[place];
      if (!document) continue;
      if (outcome.kind === 'again') {
        again.push(document);
        isDoubtful ||= outcome.isDoubtful;
        cause = { reason: outcome.reason, why: outcome.why };
      } else if (outcome.kind === 'refused') refused.push(letterOf(document, outcome.why));
      else counts[outcome.kind] += 1;
    }
    await this.#bury(refused, signal);
    metrics.count('log_shipper_lines_total', { outcome: 'shipped' }, counts.created);
    metrics.count('log_shipper_lines_total', { outcome: 'duplicate' }, counts.duplicate);
    this.#answered(again.length < documents.length, again.length === 0);
    return { documents: again, isDoubtful, ...(cause && { again: cause }) };
  }

  /** A request that Elasticsearch doesn't take as a whole: finds the document that is to blame. */
  async #divide(documents: readonly Document[], error: RequestError, signal: AbortSignal): Promise<Rest> {
    const [only] = documents;
    if (documents.length === 1 && only) {
      await this.#bury([letterOf(only, error.message)], signal);
    } else {
      const middle = Math.ceil(documents.length / 2);
      await this.deliver(documents.slice(0, middle), false, signal);
      await this.deliver(documents.slice(middle), false, signal);
    }
    return { documents: [], isDoubtful: false };
  }

  async #bury(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    if (letters.length === 0) return;
    const { bury, say, metrics, longestPauseMs } = this.#parts;
    const failed = (error: unknown) =>
      say.wrong(
        'dead letters',
        `Dead letters can't be written: ${reasonOf(error)}. Nothing is shipped until they can.`,
      );
    await untilDone(() => bury(letters), failed, longestPauseMs, signal);
    say.right('dead letters', 'Dead letters can be written again.');
    say(
      `Elasticsearch refused ${letters.length} lines, now among the dead letters; the first: ${letters[0]?.reason}`,
    );
    metrics.count('log_shipper_lines_total', { outcome: 'dead_lettered' }, letters.length);
  }

  #answered(tookAny: boolean, tookAll: boolean): void {
    const { metrics, say } = this.#parts;
    metrics.set('log_shipper_elasticsearch_up', {}, 1);
    if (tookAny) metrics.set('log_shipper_last_success_timestamp_seconds', {}, Date.now() / 1000);
    if (tookAll) say.right(elasticsearch, 'Elasticsearch is well again.');
  }

  #failed(): void {
    this.#parts.metrics.set('log_shipper_elasticsearch_up', {}, 0);
  }
}

const letterOf = ({ id, body }: Document, reason: string): DeadLetter => ({
  time: new Date().toISOString(),
  reason,
  id,
  line: body,
});
