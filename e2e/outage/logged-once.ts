/** Whether Elasticsearch has the log as it was written: each request, and each line, exactly once. */
import { type Connection, dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { everyLine } from '@sightline/logging/search/query.ts';
import { faultsOf, Sequences } from '@sightline/logging/search/sequences.ts';
import { readFrom } from '@sightline/servers/log-file.ts';
import type { SentRequest } from './steady-load.ts';

/** How many examples a sentence names. */
const shown = 5;
const examples = (all: readonly string[]) =>
  `${all.slice(0, shown).join(', ')}${all.length > shown ? ` and ${all.length - shown} more` : ''}`;
/** A sentence when there is something to say it of. */
const sentence = (found: readonly string[], text: (count: number) => string) =>
  found.length === 0 ? [] : [`${text(found.length)}: ${examples(found)}.`];

/** `GET /v1/todos/:id 200`. */
const seriesOf = (method: unknown, route: unknown, status: unknown) => `${method} ${route} ${status}`;

/** How many documents of access lines there are whose request id begins so. */
export async function countDocuments({ client }: Connection, idPrefix: string): Promise<number> {
  const { count } = await client.count({
    index: dataStream,
    q: `event.action:request AND http.request.id:${idPrefix}*`,
  });
  return count;
}

/** Sentences about requests that were not answered as they should, or aren't one document each. */
export async function faultsOfRequests(
  connection: Connection,
  idPrefix: string,
  requests: readonly SentRequest[],
): Promise<string[]> {
  const lucene = `event.action:request AND http.request.id:${idPrefix}*`;
  const fields = ['http.request.id', 'http.request.method', 'labels.route', 'http.response.status_code'];
  const found = new Map<string, string[]>();
  for await (const line of everyLine(connection, { lucene }, fields)) {
    const [id, ...series] = fields.map((field) => line[field]);
    found.set(String(id), [...(found.get(String(id)) ?? []), seriesOf(series[0], series[1], series[2])]);
  }
  const surprising = requests.filter(({ status, expected }) => status !== expected);
  const missing = requests.filter(({ id }) => !found.has(id));
  const doubled = requests.filter(({ id }) => (found.get(id)?.length ?? 0) > 1);
  const other = requests.filter(({ id, method, route, status }) =>
    found.get(id)?.some((series) => series !== seriesOf(method, route, status)),
  );
  const sent = new Set(requests.map(({ id }) => id));
  const unknown = [...found.keys()].filter((id) => !sent.has(id));
  const ids = (list: readonly SentRequest[]) => list.map(({ id }) => id);
  return [
    ...sentence(ids(surprising), (count) => `${count} requests got no answer, or another than they should`),
    ...sentence(ids(missing), (count) => `${count} requests have no document`),
    ...sentence(ids(doubled), (count) => `${count} requests have more than one document`),
    ...sentence(ids(other), (count) => `${count} documents have another method, route or status than sent`),
    ...sentence(unknown, (count) => `${count} documents are of requests that nobody sent`),
  ];
}

/** `event.id` of each line that these files hold by now, as far as it has one. */
export const idsIn = (files: readonly string[]): string[] =>
  files.flatMap((file) =>
    readFrom(file, 0)
      .text.split('\n')
      .flatMap((line) => /"event\.id":"([^"]+)"/.exec(line)?.[1] ?? []),
  );

/**
 * Sentences about lines that are missing or there twice, by their numbers and by what was written.
 * @param written ids that have to be there
 */
export async function faultsOfLines(connection: Connection, written: readonly string[]): Promise<string[]> {
  const sequences = new Sequences();
  const found = new Set<unknown>();
  // What isn't of ours, such as a warning of Node.js, has a number that the shipper gave it.
  const query = { lucene: '_exists_:event.id AND NOT event.action:foreign-line' };
  for await (const line of everyLine(connection, query, ['event.sequence', 'event.id'])) {
    sequences.add(line['event.id']);
    found.add(line['event.id']);
  }
  const boots = sequences.boots(0);
  console.error(`${found.size} lines of ${boots.length} processes in Elasticsearch`);
  const unshipped = written.filter((id) => !found.has(id));
  return [
    ...faultsOf(boots),
    ...sentence(unshipped, (count) => `${count} lines of the log files are not in Elasticsearch`),
  ];
}
