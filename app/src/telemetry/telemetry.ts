import { readFileSync } from 'node:fs';
import type { Config } from '../config.ts';
import { createLog, type RootLog } from './log.ts';
import type { LogDestination } from './log-destination.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const packageFile = new URL('../../package.json', import.meta.url);

/** Release of the service. */
export const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

export interface Telemetry {
  readonly metrics: Metrics;
  readonly log: RootLog;
}

/**
 * Makes what a process tells about itself.
 * @param destination of the log, instead of stdout
 */
export function createTelemetry(
  config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT' | 'METRICS_FORMAT' | 'REVISION'>,
  destination?: LogDestination,
): Telemetry {
  const metrics = createMetrics(config.METRICS_FORMAT);
  metrics.set('build_info', { version, revision: config.REVISION, node_version: process.versions.node }, 1);
  return { metrics, log: createLog(config, { version, metrics, destination }) };
}
