import type { LossListener } from '@sightline/telemetry/log-destination.ts';
import { type LogLine, samplesOf } from '@sightline/testkit/emitted.ts';
import { checkSignals } from '@sightline/testkit/signal-check.ts';
import { readConfig } from '../../src/config.ts';
import { createTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts';

export interface TestTelemetry extends Telemetry {
  /** Each log line so far, parsed. */
  logLines(): LogLine[];
  /** The same as they were written. */
  logText(): string;
  /** The log's listener for lines that can't be written. */
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
