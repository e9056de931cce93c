/** `POST /api/logs`: lines of the log by a query in Lucene's syntax, over a time. */
import { Client } from '@elastic/elasticsearch';
import type { Connection } from '@sightline/logging/elasticsearch/connection.ts';
import { latestLines } from '@sightline/logging/search/query.ts';
import { objectOf } from '@sightline/testkit/grafana/walk.ts';
import type { FoundLines } from '../model/live.ts';
import { Refusal } from './refusal.ts';

const maxLines = 500;
const longestQuery = 2000;

/** @returns what answers a body `{q, from, to}`, times in milliseconds since 1970 */
export function logHandler(url: string, timeoutMs: number): (body: unknown) => Promise<FoundLines> {
  const connection: Connection = {
    url,
    client: new Client({ node: url, maxRetries: 0, requestTimeout: timeoutMs }),
  };
  return async (body) => {
    const { q, from, to } = objectOf(body);
    if (typeof q !== 'string' || q.trim() === '' || q.length > longestQuery)
      throw new Refusal(400, `The search has to have a q of 1 to ${longestQuery} characters.`);
    if (typeof from !== 'number' || typeof to !== 'number' || !(from < to))
      throw new Refusal(400, 'The search has to have a time: from and to, in milliseconds.');
    const found = latestLines(connection, { lucene: q, between: { from, to } }, maxLines + 1);
    const lines = await found.catch((error: Error) => {
      // What caused it is the connection's; without a cause Elasticsearch answered, and refused.
      throw new Refusal(error.cause === undefined ? 422 : 502, error.message);
    });
    return { lines: lines.slice(-maxLines).toReversed(), isCut: lines.length > maxLines };
  };
}
