/**
 * `node e2e/docker/kibana-check.ts`: does Kibana have the data view, the saved searches and the
 * dashboard, and does each search get an answer from Elasticsearch by
 * way of Kibana? After `make kibana-import`. KIBANA_URL, KIBANA_USERNAME (elastic), KIBANA_PASSWORD_FILE.
 */
import { dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { savedObjects } from '@sightline/logging/kibana/saved-objects.ts';
import { placeholders, searches } from '@sightline/logging/kibana/searches.ts';
import type { Application } from './answers.ts';
import { kibanaApplication } from './applications.ts';

interface Found {
  readonly hits: { readonly total: { readonly value: number } };
}

const json = { 'content-type': 'application/json' };

interface Sourced {
  readonly kibanaSavedObjectMeta?: { readonly searchSourceJSON: string };
}

interface Exported {
  readonly id: string;
  readonly type: string;
  /** Until 9.3 the search is at the top, from 9.4 on in its first tab only. */
  readonly attributes: Sourced & { readonly tabs?: readonly { readonly attributes: Sourced }[] };
}

/**
 * Gets the imported searches back from Kibana: the query of each search, by id.
 * @throws Error with what Kibana says when it lacks one
 */
async function exported(kibana: Application): Promise<ReadonlyMap<string, string>> {
  const lines = await kibana.text('/api/saved_objects/_export', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({
      objects: savedObjects().map(({ id, type }) => ({ type, id })),
      excludeExportDetails: true,
    }),
  });
  return new Map(
    lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Exported)
      .map(({ id, attributes }) => {
        const { kibanaSavedObjectMeta: meta } = { ...attributes.tabs?.[0]?.attributes, ...attributes };
        const { query } = JSON.parse(meta?.searchSourceJSON ?? '{}') as { query?: { query: string } };
        return [id, query?.query ?? ''] as const;
      }),
  );
}

/** How many lines a query finds, asked as Kibana's console asks. */
async function count(kibana: Application, query: string): Promise<number> {
  const path = encodeURIComponent(`/${dataStream}/_search?size=0&track_total_hits=true`);
  const { hits } = await kibana.ask<Found>(`/api/console/proxy?method=POST&path=${path}`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ query: { query_string: { query } } }),
  });
  return hits.total.value;
}

/** Whether somebody has to put an id into it first: it finds nothing as it is. */
const isForm = (query: string) =>
  Object.values(placeholders).some((placeholder) => query.includes(placeholder));

try {
  const kibana = kibanaApplication(process.env);
  const known = await exported(kibana);
  const lost = savedObjects().filter(({ id }) => !known.has(id));
  for (const { id, type } of lost) console.log(`FAILED  Kibana has no ${type} ${id}: make kibana-import`);
  if (lost.length > 0) process.exitCode = 1;
  for (const { id, title, query } of searches) {
    const problems = known.get(id) === query ? [] : ['Kibana has another query of it: make kibana-import'];
    const lines = await count(kibana, query);
    console.log(
      `${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${title}: ${lines} lines${isForm(query) ? ' (of no id yet)' : ''}`,
    );
    for (const problem of problems) console.log(`        ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
  if ((await count(kibana, '*')) === 0)
    throw new Error('Kibana finds no line at all: does the log reach Elasticsearch?');
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
