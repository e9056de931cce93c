import { EventEmitter } from 'node:events';
import type { CopyReceiver } from '@sightline/telemetry/log-copy.ts';
import type { BulkOptions, Dropped } from 'pino-elasticsearch';
import { configError } from '../config.ts';

/** The data stream that the shipper writes to as well. */
const dataStream = 'logs-todo-default';
/** Milliseconds that Elasticsearch may take for a request. */
const requestTimeoutMs = 5000;

async function load() {
  try {
    const [elastic, own] = await Promise.all([
      // biome-ignore lint/correctness/noUndeclaredDependencies: a switch for development; the image lacks both
      import('@elastic/elasticsearch'),
      // biome-ignore lint/correctness/noUndeclaredDependencies: likewise
      import('pino-elasticsearch'),
    ]);
    return { ElasticClient: elastic.Client, pinoElasticsearch: own.default };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw configError(
      'LOG_DESTINATION is "elasticsearch", which needs packages for development that are not installed here; ' +
        'run `npm ci`, or unset it.',
    );
  }
}

/** All but a line that doesn't fit the mapping. */
const isWorthAnotherAttempt = ({ status }: Dropped) => status !== 400;

/** Without the reason, which may quote the line. */
const errorOf = ({ status, error }: Dropped) =>
  new Error(`Elasticsearch did not take a line: ${error?.type ?? 'no type of error'} (${status}).`);

/**
 * Sends log lines to Elasticsearch by pino-elasticsearch, without credentials. A stream of that package never resumes
 * after a failure, and doesn't tell which lines were taken; so each batch has a stream of its own.
 * @throws SettingsError when the package isn't installed
 */
export async function connectElasticsearchCopy(url: string): Promise<CopyReceiver> {
  const { ElasticClient, pinoElasticsearch } = await load();
  const client = new ElasticClient({ node: url, maxRetries: 0, requestTimeout: requestTimeoutMs });
  const stop = new AbortController();

  /**
   * The part of a client that the package uses. The package itself gives documents no id, and a resend made
   * doubles.
   */
  class ClientWithIds {
    readonly diagnostic = new EventEmitter();
    readonly connectionPool = {};
    readonly helpers = {
      bulk: ({ datasource, onDocument, onDrop }: BulkOptions) =>
        client.helpers.bulk<Record<string, unknown>>(
          {
            datasource,
            // One request for all of it.
            flushBytes: Number.MAX_SAFE_INTEGER,
            onDocument: (line) => ({
              create: { _index: onDocument(line).index._index, _id: String(line['event.id']) },
            }),
            onDrop: ({ status, error }) => onDrop({ status, error }),
          },
          { signal: stop.signal },
        ),
    };
  }

  return {
    async send(lines) {
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
      const dropped: Dropped[] = [];
      const stream = pinoElasticsearch(
        { index: dataStream, opType: 'create', esVersion: 9 },
        { Client: ClientWithIds },
      );
      stream.on('insert', () => resolve()).on('error', reject);
      stream.on('insertError', ({ document }) => {
        // 409: it is there already, from an attempt whose answer was lost, or from the shipper.
        if (document.status !== 409) dropped.push(document);
      });
      stream.end(lines.join(''));
      await ended;
      const temporary = dropped.find(isWorthAnotherAttempt);
      if (temporary) throw errorOf(temporary);
      return dropped.map(errorOf);
    },
    close() {
      stop.abort();
      void client.close();
    },
  };
}
