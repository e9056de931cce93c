/** What the catcher is told by its environment. */
export interface CatcherSettings {
  host: string;
  port: number;
  /** JSON lines, an alert each. */
  file: string;
  /** How many of the newest are kept. */
  keep: number;
  /** Seconds without a heartbeat of Watchdog after which its senders count as dead. */
  silenceSeconds: number;
  /** A folder of runbooks to show; undefined where something else shows them. */
  runbooks: string | undefined;
  /** That it is asked by, beside `localhost` and its addresses; in lower case. */
  names: readonly string[];
}

/** Throws one error that names every wrong variable, what it got and what it takes. */
export function readCatcherSettings(environment: NodeJS.ProcessEnv): CatcherSettings {
  const problems: string[] = [];
  const integer = (name: string, fallback: number, largest: number) => {
    const text = environment[name] || String(fallback);
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > largest)
      problems.push(`${name} is "${text}"; it takes a whole number from 1 to ${largest}.`);
    return value;
  };
  const settings = {
    host: environment['WEBHOOK_HOST'] || '127.0.0.1',
    port: integer('WEBHOOK_PORT', 9095, 65_535),
    file: environment['WEBHOOK_FILE'] ?? '',
    keep: integer('WEBHOOK_KEEP', 1000, 100_000),
    silenceSeconds: integer('WATCHDOG_SILENCE_SECONDS', 180, 86_400),
    runbooks: environment['WEBHOOK_RUNBOOKS'] || undefined,
    // What compose and Kubernetes call it.
    names: (environment['WEBHOOK_NAMES'] || 'webhook').toLowerCase().split(','),
  };
  if (settings.file === '')
    problems.push('WEBHOOK_FILE is not set; it takes the path of a file to keep alerts in.');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}
