import { readConfig } from '../../src/config.ts';
import type { LossListener } from '../../src/telemetry/log-destination.ts';
import { createTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts';
import { checkSignals } from './signal-check.ts';

/** A log line, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Whether a line says that something of ours went wrong. */
export const isFailure = (line: LogLine) => ['error', 'fatal'].includes(String(line['log.level']));

export interface TestTelemetry extends Telemetry {
  /** Each log line so far, parsed. */
  logLines(): LogLine[];
  /** The same as they were written. */
  logText(): string;
  /** What the log is told of lines that can't be written. */
  readonly losses: LossListener;
  /** Throws when something was emitted that the contract doesn't declare so. */
  check(): Promise<void>;
}

/**
 * Metrics and a log that tests can read.
 * @param environment settings of the service
 */
export function createTestTelemetry(environment: Record<string, string> = {}): TestTelemetry {
  const lines: string[] = [];
  const config = readConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', ...environment });
  let told: LossListener | undefined;
  const telemetry = createTelemetry(config, {
    destination(listener) {
      told = listener;
      return { write: (line) => void lines.push(line), flush: () => Promise.resolve(0), flushNow: () => {} };
    },
  });
  return {
    ...telemetry,
    get losses() {
      if (!told) throw new Error('The log has asked for no destination.');
      return told;
    },
    logLines: () => lines.map((line) => JSON.parse(line) as LogLine),
    logText: () => lines.join(''),
    check: async () => checkSignals(lines, samplesOf((await telemetry.metrics.scrape()).text)),
  };
}

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
 * What changed from one scrape to another, by series. Series that stayed are left out.
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
