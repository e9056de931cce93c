type Environment = Readonly<Record<string, string | undefined>>;

/** Elasticsearch refuses more in one answer. */
const most = 10_000;

/** How far back to look, as in `15m`; undefined: as far as lines are kept. Throws a sentence for anything else. */
export function sinceIn(environment: Environment): string | undefined {
  const since = environment['SINCE'] || undefined;
  if (since !== undefined && !/^[1-9]\d{0,4}[smhd]$/.test(since))
    throw new Error(
      `SINCE is "${since}"; it takes seconds, minutes, hours or days, as in 30s, 15m, 2h or 7d.`,
    );
  return since;
}

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `15m` in milliseconds. */
export function milliseconds(duration: string): number {
  return Number.parseInt(duration, 10) * units[duration.slice(-1) as keyof typeof units];
}

/** How many lines to show. Throws a sentence when LIMIT is no such number. */
export function limitIn(environment: Environment): number {
  const text = environment['LIMIT'] || '200';
  const limit = Number(text);
  if (!/^[1-9]\d*$/.test(text) || limit > most)
    throw new Error(`LIMIT is "${text}"; it takes a number of lines from 1 to ${most}.`);
  return limit;
}
