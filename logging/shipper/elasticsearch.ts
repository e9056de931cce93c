import { Client, type ClientOptions, errors } from '@elastic/elasticsearch';
import type { Labels } from '@sightline/telemetry/metrics.ts';
import type { Document } from './document.ts';

export type RetryReason = Labels<'log_shipper_retries_total'>['reason'];

/**
 * The outcome of sending one document. `again` may be sent once more; whether it arrived is known unless
 * `isDoubtful`.
 */
export type Outcome =
  | { readonly kind: 'created' | 'duplicate' }
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'again';
      readonly reason: RetryReason;
      readonly why: string;
      readonly isDoubtful: boolean;
    };

/** A whole request that failed. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reason: RetryReason;
  /** Whether it may have been carried out all the same. */
  readonly isDoubtful: boolean;
  /** Whether it is the request itself that Elasticsearch doesn't take: too long, or malformed. */
  readonly isRefused: boolean;

  constructor(
    message: string,
    { reason, isDoubtful, isRefused }: Pick<RequestError, 'reason' | 'isDoubtful' | 'isRefused'>,
  ) {
    super(message);
    this.reason = reason;
    this.isDoubtful = isDoubtful;
    this.isRefused = isRefused;
  }
}

/**
 * The requests of the shipper to Elasticsearch. All methods throw a RequestError, or the reason of `signal`.
 */
export interface Store {
  /** Adds documents that aren't there yet. The outcomes are in their order. */
  create(documents: readonly Document[], signal: AbortSignal): Promise<Outcome[]>;
  /** Which of these ids the data stream has, in any of its indices. */
  existing(ids: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Whether it answers at all. */
  look(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface StoreSettings {
  readonly url: string;
  readonly dataStream: string;
  readonly apiKey?: string | undefined;
  /** Where there is no API key. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  readonly certificates?: string | undefined;
  readonly timeoutMs: number;
}

/**
 * Refusals that are no fault of the document, though their status is 400: a cluster that has as many shards as it may,
 * for one.
 */
const clusterFaults = new Set(['validation_exception']);

/** The parts of an item's answer that count; the rest isn't sent. */
const itemFields = 'items.create.status,items.create.error,items.create.failure_store';

interface Item {
  readonly status?: number;
  readonly error?: { readonly type?: string; readonly reason?: string | null; readonly caused_by?: unknown };
  readonly failure_store?: string;
}

function why({ error, status }: Item): string {
  const cause = error?.caused_by as { type?: string; reason?: string } | undefined;
  const inner = cause?.reason ? ` (${cause.type}: ${cause.reason})` : '';
  return error ? `${error.type}: ${error.reason}${inner}` : `status ${status}`;
}

function outcomeOf(item: Item | undefined): Outcome {
  const { status = 0, error, failure_store } = item ?? {};
  if (status === 409) return { kind: 'duplicate' };
  if (status === 200 || status === 201) {
    return failure_store === 'used'
      ? { kind: 'refused', why: 'Elasticsearch put it into the failure store of the data stream' }
      : { kind: 'created' };
  }
  if (status === 400 && !clusterFaults.has(error?.type ?? ''))
    return { kind: 'refused', why: why(item ?? {}) };
  const reason = status === 429 ? 'throttled' : 'server_error';
  return { kind: 'again', reason, why: why(item ?? {}), isDoubtful: status >= 500 || status === 0 };
}

function requestError(error: unknown, isCreation: boolean): unknown {
  if (error instanceof errors.ResponseError) {
    const status = error.statusCode ?? 0;
    return new RequestError(`it answered with status ${status}: ${error.message}`, {
      reason: status === 429 ? 'throttled' : 'server_error',
      isDoubtful: status >= 500,
      isRefused: isCreation && (status === 400 || status === 413),
    });
  }
  const connection = { isDoubtful: true, isRefused: false };
  if (error instanceof errors.TimeoutError)
    return new RequestError('it did not answer in time', { reason: 'timeout', ...connection });
  if (error instanceof errors.RequestAbortedError) return error;
  if (error instanceof errors.ElasticsearchClientError)
    return new RequestError(error.message, { reason: 'connection', ...connection });
  return error;
}

export function connectElasticsearch(settings: StoreSettings): Store {
  const { url, dataStream: index, apiKey, login, certificates, timeoutMs } = settings;
  const options: ClientOptions = {
    node: url,
    // Whoever sends has to know of each failure, to ask what became of the documents.
    maxRetries: 0,
    requestTimeout: timeoutMs,
    ...(apiKey !== undefined && { auth: { apiKey } }),
    ...(login !== undefined && { auth: login }),
    ...(certificates !== undefined && { tls: { ca: certificates } }),
  };
  const client = new Client(options);

  async function ask<Answer>(work: () => Promise<Answer>, isCreation = false): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      throw requestError(error, isCreation);
    }
  }

  return {
    create: (documents, signal) =>
      ask(async () => {
        const { items } = await client.bulk<string, string>(
          {
            index,
            // Without its template an index of that name would be made, with whatever types the first lines suggest.
            require_data_stream: true,
            filter_path: itemFields,
            operations: documents.flatMap(({ id, body }) => [
              `{"create":{"_id":${JSON.stringify(id)}}}`,
              body,
            ]),
          },
          { signal },
        );
        return documents.map((_, place) => outcomeOf(items[place]?.create as Item | undefined));
      }, true),
    existing: (ids, signal) =>
      ask(async () => {
        const there = { ignore_unavailable: true, allow_no_indices: true };
        const { _shards } = await client.indices.refresh({ index, ...there }, { signal });
        if (_shards && _shards.failed > 0)
          throw new RequestError('a shard could not be refreshed', {
            reason: 'server_error',
            isDoubtful: true,
            isRefused: false,
          });
        const { hits } = await client.search(
          {
            index,
            ...there,
            // An answer without some of the shards would call their documents absent.
            allow_partial_search_results: false,
            query: { ids: { values: [...ids] } },
            size: 2 * ids.length,
            _source: false,
            track_total_hits: false,
            sort: '_doc',
            filter_path: 'hits.hits._id',
          },
          { signal },
        );
        return new Set((hits?.hits ?? []).flatMap(({ _id }) => _id ?? []));
      }),
    look: (signal) =>
      ask(async () => {
        await client.cluster.health({ filter_path: 'status' }, { signal });
      }),
    close: () => client.close(),
  };
}
