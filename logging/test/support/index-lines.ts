import { expect } from '@jest/globals';
import { dataStream } from '../../elasticsearch/connection.ts';

/** Puts lines into Elasticsearch as the shipper does, each under its `event.id`; they can be found at once. */
export async function indexLines(
  url: string,
  lines: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const operations = lines.flatMap((line) => [
    { create: { _index: dataStream, _id: line['event.id'] } },
    line,
  ]);
  const answer = await fetch(`${url}/_bulk?refresh=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: operations.map((operation) => `${JSON.stringify(operation)}\n`).join(''),
  });
  expect(await answer.json()).toMatchObject({ errors: false });
}
