/** The part of the package that is used here; its own types leave its second argument out. */
import type { Transform } from 'node:stream';

interface Options {
  readonly index: string;
  readonly opType: 'create';
  readonly esVersion: number;
}

/** The options that it gives to `client.helpers.bulk`. */
export interface BulkOptions {
  readonly datasource: Transform;
  onDocument(document: Readonly<Record<string, unknown>>): { readonly index: { readonly _index: string } };
  onDrop(dropped: Dropped): void;
}

/** A line that Elasticsearch did not take. */
export interface Dropped {
  readonly status: number;
  readonly error: { readonly type?: string } | null;
}

/** The part of an Elasticsearch client that it uses. */
interface BulkClient {
  readonly diagnostic: { on(event: 'resurrect', listener: () => void): unknown };
  readonly connectionPool: object;
  readonly helpers: { bulk(options: BulkOptions): PromiseLike<unknown> };
}

/** A stream that takes lines, and ends in one of the events `insert` and `error`. */
interface LineStream extends Transform {
  on(event: 'insert', listener: () => void): this;
  on(event: 'insertError', listener: (error: Error & { readonly document: Dropped }) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
}

export default function pinoElasticsearch(
  options: Options,
  parts: { readonly Client: new () => BulkClient },
): LineStream;
