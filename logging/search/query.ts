/** Queries of this folder's commands to Elasticsearch. */
import { type Answer, ask, type Connection, dataStream, reasonIn } from '../elasticsearch/connection.ts';
import { flatten, type Line } from './line.ts';

export interface Query {
  /** In Lucene's syntax, as in Kibana's search bar. */
  readonly lucene: string;
  /** How far back, as Elasticsearch writes durations (`15m`); all lines without. */
  readonly since?: string | undefined;
  /** Between two moments, both included, in milliseconds since 1970. */
  readonly between?: { readonly from: number; readonly to: number };
}

interface Hits {
  readonly hits: {
    readonly hits: readonly { readonly _source: object; readonly sort?: readonly unknown[] }[];
  };
}

const pageSize = 5000;

/**
 * Returns the last lines in the order of time, at most `max` of them.
 * Throws a sentence when Elasticsearch is away, has no logs yet, or can't read the query.
 */
export async function latestLines(connection: Connection, query: Query, max: number): Promise<Line[]> {
  const { hits } = must(
    connection,
    await ask<Hits>(connection, 'POST', `/${dataStream}/_search`, {
      size: max,
      query: clause(query),
      sort: [{ '@timestamp': 'desc' }, { 'event.sequence': 'desc' }],
    }),
  );
  return hits.hits.map(({ _source }) => flatten(_source)).reverse();
}

/** Every line's value of these fields as of now, page by page, ordered by them. Throws as `latestLines` does. */
export async function* everyLine(
  connection: Connection,
  query: Query,
  fields: readonly string[],
): AsyncGenerator<Line> {
  // A view that lines which come meanwhile don't enter: some of them would fall behind the page, some before it.
  const { id } = must(
    connection,
    await ask<{ id: string }>(connection, 'POST', `/${dataStream}/_pit?keep_alive=1m`),
  );
  let after: readonly unknown[] | undefined;
  for (;;) {
    const { hits } = must(
      connection,
      await ask<Hits>(connection, 'POST', '/_search', {
        size: pageSize,
        pit: { id, keep_alive: '1m' },
        _source: fields,
        query: clause(query),
        sort: fields.map((field) => ({ [field]: 'asc' })),
        track_total_hits: false,
        ...(after === undefined ? {} : { search_after: after }),
      }),
    );
    for (const { _source } of hits.hits) yield flatten(_source);
    after = hits.hits.at(-1)?.sort;
    if (hits.hits.length < pageSize) break;
  }
  await ask(connection, 'DELETE', '/_pit', { id });
}

function clause({ lucene, since, between }: Query): object {
  const time = {
    ...(since !== undefined && { gte: `now-${since}` }),
    ...(between !== undefined && { gte: between.from, lte: between.to, format: 'epoch_millis' }),
  };
  return {
    bool: {
      must: { query_string: { query: lucene, analyze_wildcard: true } },
      filter: Object.keys(time).length === 0 ? [] : [{ range: { '@timestamp': time } }],
    },
  };
}

function must<Body>(connection: Connection, { status, body }: Answer<Body>): Body {
  if (status === 200) return body;
  if (status === 404)
    throw new Error(
      `Elasticsearch at ${connection.url} has no ${dataStream} yet: no line was shipped to it so far.`,
    );
  throw new Error(`Elasticsearch can't read the query: ${innermostReason(body)}`);
}

/** The first line of the innermost reason: the outer ones repeat the query, the further lines list what it could be. */
function innermostReason(body: unknown): string {
  const { error } = body as { error?: { failed_shards?: { reason?: Cause }[]; root_cause?: Cause[] } };
  let cause: Cause | undefined = error?.failed_shards?.[0]?.reason ?? error?.root_cause?.[0];
  while (cause?.caused_by !== undefined) cause = cause.caused_by;
  return (cause?.reason ?? reasonIn(body)).split('\n', 1).join('');
}

interface Cause {
  readonly reason?: string;
  readonly caused_by?: Cause;
}
