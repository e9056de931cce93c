import { setTimeout as delay } from 'node:timers/promises';
import { buildApp, buildManagementApp } from './app.ts';
import { ConfigError, readConfig } from './config.ts';
import { openDatabase } from './database/connection.ts';
import { monitorDatabase } from './database/monitor.ts';
import { createHealth, type Lifecycle } from './health/health.ts';
import { listen } from './http/server.ts';
import { maintenanceJobs } from './maintenance/jobs.ts';
import { startMaintenance } from './maintenance/maintenance.ts';
import { connectRedis } from './redis/connection.ts';
import { createAccessTokens, generateSigningKey } from './sessions/access-tokens.ts';
import { createLogger } from './telemetry/logger.ts';

async function start(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config);
  const knex = openDatabase(config, log);
  const monitor = monitorDatabase(knex, { intervalMs: config.DATABASE_PROBE_INTERVAL_MS, log });
  const lifecycle: Lifecycle = { draining: false };
  if (!config.JWT_KEYS)
    log.warn('JWT_KEYS is not set: access tokens are signed with a key that ends with this process');
  const tokens = await createAccessTokens(config.JWT_KEYS ?? [generateSigningKey()], config);
  const redis = config.REDIS_URL && connectRedis(config.REDIS_URL, log);
  const dependencies = { config, log, knex, tokens, redis, health: createHealth(lifecycle, monitor.status) };

  const management = await listen(buildManagementApp(dependencies), {
    host: config.MANAGEMENT_HOST,
    port: config.MANAGEMENT_PORT,
    limits: config,
    log,
  });
  const api = await listen(buildApp(dependencies), {
    host: config.HOST,
    port: config.PORT,
    limits: config,
    log,
  });
  log.info({ host: config.HOST, port: api.port, management_port: management.port }, 'listening');

  const maintenance = startMaintenance(knex, maintenanceJobs(config), {
    intervalMs: config.MAINTENANCE_INTERVAL_MS,
    log: log.child({ component: 'maintenance' }),
  });

  async function shutDown(signal: NodeJS.Signals): Promise<void> {
    if (lifecycle.draining) return;
    lifecycle.draining = true;
    log.info({ signal, drain_delay_ms: config.DRAIN_DELAY_MS }, 'shutting down');
    api.drain();
    await delay(config.DRAIN_DELAY_MS);
    const cut = await api.close(config.SHUTDOWN_GRACE_MS);
    if (cut > 0) log.warn({ connections: cut }, 'connections cut at the end of the grace period');
    monitor.stop();
    await maintenance.stop();
    redis?.close();
    await knex.destroy();
    await management.close(0);
    log.info('stopped');
  }
  process.on('SIGTERM', shutDown);
  process.on('SIGINT', shutDown);
}

try {
  await start();
} catch (error) {
  const { code, message, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (error instanceof ConfigError) console.error(message);
  else if (code === 'EADDRINUSE')
    console.error(
      `${address}:${port} is taken by another process; set PORT or MANAGEMENT_PORT to a free one.`,
    );
  else console.error(error);
  process.exit(1);
}
