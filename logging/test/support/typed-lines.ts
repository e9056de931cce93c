/** Lines of JSON in which a field is of any type. */
import { separators } from '@sightline/testkit/hostile-lines.ts';

/** A value of each type, and what parsers of JSON disagree about. */
const values: readonly unknown[] = [
  ...[null, true, false, 0, -1.5, 2 ** 64, '', 'text', '\ud800', 'x'.repeat(600), separators.join('')],
  ...[
    [],
    ['text'],
    [1, null],
    [{}],
    [['x']],
    {},
    { id: 'x' },
    { id: { id: [] } },
    { message: {} },
    { '': 1 },
  ],
  Array.from({ length: 90 }).reduce<unknown>((inner) => [inner], 1),
];
/** JSON that JSON.stringify doesn't write. */
const rawValues = ['1e400', '-1e400', '"\\ud800"', '"\\u0000"'];

/** A field with a dot in its name is one of that name, or in an object; its beginning may be anything as well. */
function places(field: string): (readonly string[])[] {
  const parts = field.split('.');
  return [[field], ...parts.map((_, index) => parts.slice(0, index + 1))];
}

/** The members of an object, as JSON, that have each value at each place of a field. */
export function typedMembers(fields: readonly string[]): string[] {
  const texts = [...values.map((value) => JSON.stringify(value)), ...rawValues];
  const paths = new Map(fields.flatMap(places).map((path) => [JSON.stringify(path), path]));
  return [...paths.values()].flatMap((path) =>
    texts.map((value) =>
      path.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, value).slice(1, -1),
    ),
  );
}

/** Names of fields that something may take for a path. */
export const strangeNames = ['a[b', 'a][b', 'a..b', '.', '', '@metadata', '@version', 'tags', 'a b'];
