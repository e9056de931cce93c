import { ask, type Connection, reasonIn } from './connection.ts';

/** Types of a module that a small distribution may lack, and what takes their place there. */
const substitutes = {
  match_only_text: { type: 'text' },
  // Longer values would be refused as a keyword, and the document with them: they stay unindexed.
  wildcard: { type: 'keyword', ignore_above: 8191 },
} as const;

/** Mappings as Elasticsearch takes them, as far as they are looked at. */
export interface Mapping {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

/** The types in question that this Elasticsearch doesn't know. Throws a sentence when it doesn't answer. */
export async function unknownTypes(connection: Connection): Promise<string[]> {
  const unknown: string[] = [];
  for (const type of Object.keys(substitutes)) {
    // Nothing is kept of a simulation.
    const { status, body } = await ask(connection, 'POST', '/_index_template/_simulate', {
      index_patterns: ['sightline-field-types-*'],
      priority: 1_000_000,
      template: { mappings: { properties: { field: { type } } } },
    });
    if (status === 200) continue;
    if (!JSON.stringify(body).includes(`mapper type [${type}]`))
      throw new Error(`Elasticsearch can't say whether it knows the field type ${type}: ${reasonIn(body)}`);
    unknown.push(type);
  }
  return unknown;
}

/** The mapping with its unknown types replaced. */
export function withKnownTypes(mapping: Mapping, unknown: readonly string[]): Mapping {
  const { type, properties, ...rest } = mapping;
  if (properties !== undefined) {
    const replaced = Object.entries(properties).map(
      ([name, inner]) => [name, withKnownTypes(inner, unknown)] as const,
    );
    return { ...mapping, properties: Object.fromEntries(replaced) };
  }
  if (type === undefined || !unknown.includes(type)) return mapping;
  return { ...rest, ...substitutes[type as keyof typeof substitutes] };
}
