import { createMetrics, type Metrics } from '@sightline/telemetry/metrics.ts';
import type { Config } from '../config.ts';
import { createLog, type LogParts, type RootLog } from './log.ts';
import { service } from './service.ts';

export interface Telemetry {
  readonly metrics: Metrics;
  readonly log: RootLog;
}

/**
 * Makes what a process tells about itself.
 * @param logParts where the log goes; stdout, and nowhere else, unless given
 */
export function createTelemetry(
  config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT' | 'METRICS_FORMAT' | 'REVISION'>,
  logParts: Omit<LogParts, 'metrics'> = {},
): Telemetry {
  const metrics = createMetrics(config.METRICS_FORMAT, (error) => log.escaped('scrape', error));
  const log = createLog(config, { metrics, ...logParts });
  metrics.set(
    'build_info',
    { version: service.version, revision: config.REVISION, node_version: process.versions.node },
    1,
  );
  return { metrics, log };
}
