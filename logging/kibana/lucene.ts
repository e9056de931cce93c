/** The fields that a query in Lucene's syntax names; a colon in quotes names none. */
export function fieldsIn(query: string): string[] {
  const bare = query.replaceAll(/"(?:\\.|[^"\\])*"/g, '""');
  return [...bare.matchAll(/(?:_exists_:([@\w.]+))|(?<![@\w.])([@\w.]+):/g)].map(
    ([, existing, named]) => existing ?? named ?? '',
  );
}

/** The quoted values that a query looks for in a field: `field:"a"` or `field:("a" OR "b")`. */
export function valuesIn(query: string, field: string): string[] {
  const start = `${field}:`;
  return query
    .split(start)
    .slice(1)
    .flatMap((rest) => /^\(([^)]*)\)|^("[^"]*")/.exec(rest)?.slice(1) ?? [])
    .flatMap((text) => [...(text ?? '').matchAll(/"([^"]*)"/g)].map(([, value = '']) => value));
}
