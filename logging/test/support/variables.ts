/** Variables of the environment (`${NAME}`, `${NAME:default}`) in these texts that a README's table doesn't have, and the reverse. */
export function undocumentedVariables(texts: readonly string[], readme: string): string[] {
  const used = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/\$\{([A-Z][A-Z0-9_]*)(?::[^}]*)?\}/g)].map(([, name = '']) => name),
    ),
  );
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  const documented = new Set(
    rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([A-Z][A-Z0-9_]*)`/g)].map(([, name = '']) => name),
    ),
  );
  return [
    ...[...used].filter((name) => !documented.has(name)).map((name) => `${name} is not in the README`),
    ...[...documented].filter((name) => !used.has(name)).map((name) => `${name} is not used`),
  ];
}
