/** The output of a program, parsed: lines of its log, samples of its scrapes. */

/** A log line, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Whether a line says that something of ours went wrong. */
export const isFailure = (line: LogLine) => ['error', 'fatal'].includes(String(line['log.level']));

/** The samples of a scrape, by series as the exposition writes them: `up{job="a"}`. */
export function samplesOf(exposition: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of exposition.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, series = '', value] = /^(\S+?(?:\{.*?\})?) (\S+)/.exec(line.replace(/ # \{.*$/, '')) ?? [];
    samples.set(series, Number(value));
  }
  return samples;
}

/**
 * The changes from one scrape to another, by series. Series that stayed are left out.
 * @param pattern of the names that matter
 */
export function changes(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  pattern: RegExp,
): Record<string, number> {
  const changed = [...after].flatMap(([series, value]) => {
    const difference = value - (before.get(series) ?? 0);
    return pattern.test(series) && difference !== 0 ? [[series, difference] as const] : [];
  });
  return Object.fromEntries(changed);
}
