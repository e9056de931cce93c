import './v8-flags.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { type Interruption, onInterrupt } from '@sightline/settings/interrupt.ts';
import { SettingsError } from '@sightline/settings/setting.ts';
import { buildApp, buildManagementApp } from './app.ts';
import { readConfig } from './config.ts';
import { openDatabase } from './database/connection.ts';
import { emitDatabaseMetrics } from './database/metrics.ts';
import { monitorDatabase } from './database/monitor.ts';
import { statementMetrics } from './database/statement-metrics.ts';
import { statementSpans } from './database/statement-spans.ts';
import { createFaultSwitch } from './faults/switch.ts';
import { createHealth, type Lifecycle } from './health/health.ts';
import { countRefused } from './http/request-metrics.ts';
import { listen } from './http/server.ts';
import { maintenanceJobs } from './maintenance/jobs.ts';
import { startMaintenance } from './maintenance/maintenance.ts';
import { connectRedis } from './redis/connection.ts';
import { createAccessTokens, generateSigningKey } from './sessions/access-tokens.ts';
import { connectElasticsearchCopy } from './telemetry/elasticsearch-copy.ts';
import { emitRuntimeMetrics } from './telemetry/runtime-metrics.ts';
import { spanMetrics } from './telemetry/span-metrics.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { createTracing } from './telemetry/tracing.ts';

/** An error that nothing caught leaves the process in no known state: it is logged, and the process ends. */
function reportCrashes({ log }: Telemetry): void {
  const crash = (error: unknown) => {
    log.writeError('process-failed', error);
    log.flushNow();
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

/** Until it listens there is nothing to end in order. */
let stop: (signal: Interruption) => unknown = () => process.exit(0);
onInterrupt((signal) => stop(signal));

async function start(): Promise<void> {
  const config = readConfig();
  const copy =
    config.LOG_DESTINATION === 'elasticsearch'
      ? await connectElasticsearchCopy(config.ELASTICSEARCH_URL)
      : undefined;
  const telemetry = createTelemetry(config, { copy });
  const { log, metrics } = telemetry;
  reportCrashes(telemetry);
  const stopRuntimeMetrics = emitRuntimeMetrics(telemetry);
  const tracing = createTracing(config, log, spanMetrics(metrics));
  const knex = openDatabase(config, log, [
    statementMetrics(metrics),
    ...(tracing ? [statementSpans(tracing, config.DATABASE_URL)] : []),
  ]);
  const monitor = monitorDatabase(knex, { intervalMs: config.DATABASE_PROBE_INTERVAL_MS, log });
  emitDatabaseMetrics(knex, monitor.status, metrics);
  const lifecycle: Lifecycle = { draining: false };
  if (!config.JWT_KEYS)
    log.write('configuration-weak', {
      'event.reason': 'JWT_KEYS is not set: access tokens are signed with a key that ends with this process.',
    });
  const faults = createFaultSwitch(config, log);
  if (faults)
    log.write('configuration-weak', {
      'event.reason': 'FAULT_INJECTION is on: whoever reaches the management port can break this process.',
    });
  const tokens = await createAccessTokens(config.JWT_KEYS ?? [generateSigningKey()], config);
  const redis = config.REDIS_URL && connectRedis(config.REDIS_URL, telemetry);
  const health = createHealth(lifecycle, monitor.status);
  const dependencies = { config, log, metrics, knex, tokens, redis, tracing, health, faults };

  const management = await listen(buildManagementApp(dependencies), {
    host: config.MANAGEMENT_HOST,
    port: config.MANAGEMENT_PORT,
    limits: config,
    log,
    refused: () => {},
  });
  const api = await listen(buildApp(dependencies), {
    host: config.HOST,
    port: config.PORT,
    limits: config,
    log,
    refused: countRefused(metrics),
  });
  log.write('process-started', {
    'labels.port': api.port,
    'labels.management_port': management.port,
    'labels.node_version': process.versions.node,
  });

  const maintenance = startMaintenance(knex, maintenanceJobs(config), {
    intervalMs: config.MAINTENANCE_INTERVAL_MS,
    log,
    metrics,
  });

  async function shutDown(signal: NodeJS.Signals): Promise<void> {
    if (lifecycle.draining) return;
    lifecycle.draining = true;
    log.write('process-stopping', { 'event.reason': signal, 'labels.drain_delay_ms': config.DRAIN_DELAY_MS });
    api.drain();
    await delay(config.DRAIN_DELAY_MS);
    const cut = await api.close(config.SHUTDOWN_GRACE_MS);
    monitor.stop();
    await maintenance.stop();
    redis?.close();
    await knex.destroy();
    // After everything that makes spans.
    await tracing?.shutdown();
    await management.close(0);
    stopRuntimeMetrics();
    log.write('process-stopped', { 'labels.connections_cut': cut });
    const left = await log.flush();
    if (left === 0) return;
    console.error(`${left} log lines could not be written: nobody reads them, or there is no room for them.`);
    // Who doesn't read the one may not read the other either, and this process would wait for it.
    process.exit(0);
  }
  stop = shutDown;
}

try {
  await start();
} catch (error) {
  const { code, message, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (error instanceof SettingsError) console.error(message);
  else if (code === 'EADDRINUSE')
    console.error(
      `${address}:${port} is taken by another process; set PORT or MANAGEMENT_PORT to a free one.`,
    );
  else console.error(error);
  process.exit(1);
}
