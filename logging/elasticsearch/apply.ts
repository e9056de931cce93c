/** Brings the templates of this folder, and the data stream made from them, to what they say here. */
import { readFileSync } from 'node:fs';
import { ask, type Connection, dataStream, reasonIn } from './connection.ts';
import { type Mapping, unknownTypes, withKnownTypes } from './field-types.ts';

export interface Options {
  /** How long a line is kept at least, as Elasticsearch writes durations: `30d`. */
  readonly retention: string;
  /** Takes a line on each part: what it is, and whether it was changed. */
  readonly say: (line: string) => void;
}

interface MappingTemplate {
  readonly template: { readonly mappings: Mapping };
}

const file = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')) as object;

/**
 * Puts what differs and leaves the rest; to repeat it changes nothing.
 * Throws a sentence when Elasticsearch doesn't answer or refuses a part.
 */
export async function applyTemplates(connection: Connection, { retention, say }: Options): Promise<void> {
  const unknown = await unknownTypes(connection);
  if (unknown.length > 0)
    say(
      `This Elasticsearch lacks the field types ${unknown.join(' and ')}; text and keyword take their place.`,
    );
  const mappings = file('component-template-mappings') as MappingTemplate;
  const mapping = withKnownTypes(mappings.template.mappings, unknown);
  const parts: [kind: 'component' | 'index', name: string, body: object][] = [
    ['component', 'logs-todo-mappings', { ...mappings, template: { mappings: mapping } }],
    ['component', 'logs-todo-settings', file('component-template-settings')],
    ['component', 'logs-todo-retention', { template: { lifecycle: { data_retention: retention } } }],
    ['index', 'logs-todo', file('index-template')],
  ];
  for (const [kind, name, body] of parts) say(await applyTemplate(connection, kind, name, body));
  const backing = await backingIndices(connection);
  if (backing === undefined) return say(`data stream ${dataStream}: comes with the first line`);
  say(await applyMapping(connection, backing.at(-1) ?? '', mapping));
  say(await applyRetention(connection, retention));
}

interface Templates {
  readonly component_templates?: readonly { readonly component_template: object }[];
  readonly index_templates?: readonly { readonly index_template: object }[];
}

async function applyTemplate(
  connection: Connection,
  kind: 'component' | 'index',
  name: string,
  body: object,
): Promise<string> {
  const path = `/_${kind}_template/${name}`;
  const what = `${kind} template ${name}`;
  const { status, body: found } = await ask<Templates>(connection, 'GET', path);
  const current =
    found.component_templates?.[0]?.component_template ?? found.index_templates?.[0]?.index_template;
  if (status === 200 && current !== undefined && holds(current, body)) return `${what}: as it was`;
  must(await ask(connection, 'PUT', path, body), what);
  return `${what}: ${status === 404 ? 'made' : 'changed'}`;
}

/** Oldest first; undefined while there is no such data stream. */
async function backingIndices(connection: Connection): Promise<string[] | undefined> {
  const { status, body } = await ask<{ data_streams?: { backing_indices: string[] }[] }>(
    connection,
    'GET',
    `/_resolve/index/${dataStream}`,
  );
  if (status === 404) return undefined;
  const generation = (name: string) => Number(name.slice(name.lastIndexOf('-') + 1));
  const indices = body.data_streams?.[0]?.backing_indices;
  if (indices === undefined)
    throw new Error(
      `${dataStream} is an index, not a data stream: it was written to before this ran. Copy what is of value in it ` +
        'by _reindex, delete it, and run this again.',
    );
  return indices.toSorted((a, b) => generation(a) - generation(b));
}

/** New fields are added to the index that is written to; a changed type needs a new one. */
async function applyMapping(connection: Connection, index: string, mapping: Mapping): Promise<string> {
  const what = `mapping of ${dataStream}`;
  const { body } = await ask<Record<string, { mappings: object }>>(connection, 'GET', `/${index}/_mapping`);
  const { properties } = mapping;
  if (holds(body[index]?.mappings ?? {}, { properties })) return `${what}: as it was`;
  const put = await ask(connection, 'PUT', `/${dataStream}/_mapping?write_index_only=true`, { properties });
  if (put.status === 200) return `${what}: fields added; they are indexed in lines from now on`;
  must(await ask(connection, 'POST', `/${dataStream}/_rollover`), what);
  return `${what}: a type has changed, so a new backing index was begun (${reasonIn(put.body)})`;
}

/** A data stream keeps the retention of its template as it was when it was made. */
async function applyRetention(connection: Connection, retention: string): Promise<string> {
  const path = `/_data_stream/${dataStream}/_lifecycle`;
  const what = `retention of ${dataStream}`;
  const { status, body } = await ask<{ data_streams?: { lifecycle?: object }[] }>(connection, 'GET', path);
  if (status !== 200)
    return (
      `${what}: can't be set, since this Elasticsearch lacks the data stream lifecycle (${reasonIn(body)}); it ` +
      'removes nothing by itself.'
    );
  if (holds(body.data_streams?.[0]?.lifecycle ?? {}, { data_retention: retention }))
    return `${what}: as it was`;
  must(await ask(connection, 'PUT', path, { data_retention: retention }), what);
  return `${what}: ${retention} from now on`;
}

function must({ status, body }: { status: number; body: unknown }, what: string): void {
  if (status !== 200) throw new Error(`Elasticsearch refuses the ${what} (${status}): ${reasonIn(body)}`);
}

/** Whether `found` has all that `wanted` says. Elasticsearch gives numbers and truth values back as text, and adds defaults. */
function holds(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return String(found) === String(wanted);
  if (typeof found !== 'object' || found === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(found) || found.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([key, value]) =>
    holds((found as Record<string, unknown>)[key], value),
  );
}
