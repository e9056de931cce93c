/**
 * One process that serves the same API several times, each on a port of its own with other signals, so that a
 * benchmark can go from one to the next on the same warm code. Started by telemetry.ts, and talks to it by messages.
 * Given the name of a variant it serves just that one: `make bench` measures the one without signals so.
 */
import '@sightline/app/src/v8-flags.ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildApp } from '@sightline/app/src/app.ts';
import { readConfig } from '@sightline/app/src/config.ts';
import { openDatabase } from '@sightline/app/src/database/connection.ts';
import { emitDatabaseMetrics } from '@sightline/app/src/database/metrics.ts';
import { statementMetrics } from '@sightline/app/src/database/statement-metrics.ts';
import { statementSpans } from '@sightline/app/src/database/statement-spans.ts';
import { createHealth } from '@sightline/app/src/health/health.ts';
import { listen } from '@sightline/app/src/http/server.ts';
import { takeCpuProfile } from '@sightline/app/src/management/cpu-profile.ts';
import { createAccessTokens, generateSigningKey } from '@sightline/app/src/sessions/access-tokens.ts';
import type { RootLog } from '@sightline/app/src/telemetry/log.ts';
import { emitRuntimeMetrics } from '@sightline/app/src/telemetry/runtime-metrics.ts';
import { spanMetrics } from '@sightline/app/src/telemetry/span-metrics.ts';
import { createTelemetry } from '@sightline/app/src/telemetry/telemetry.ts';
import { createTracing } from '@sightline/app/src/telemetry/tracing.ts';
import type { Metrics } from '@sightline/telemetry/metrics.ts';
import { type Cpu, type Question, type Variant, variants } from './telemetry-variants.ts';

const noMetrics: Metrics = {
  count: () => {},
  set: () => {},
  observe: () => {},
  beforeScrape: () => {},
  initialiseRoutes: () => {},
  scrape: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
};
const noLog: RootLog = {
  level: 'silent',
  write: () => {},
  writeError: () => {},
  escaped: () => {},
  with: () => noLog,
  flush: () => Promise.resolve(0),
  flushNow: () => {},
};

/** A collector that takes everything. */
async function startSink(): Promise<string> {
  const server = createServer((request, response) => request.resume().on('end', () => response.end()));
  server.listen(0, '127.0.0.1').unref();
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const collector = await startSink();
const keys = readConfig().JWT_KEYS ?? [generateSigningKey()];
const served = variants.filter((variant) => process.argv.length === 2 || process.argv.includes(variant));

/** @returns the port */
async function serve(variant: Variant): Promise<number> {
  const config = readConfig({
    ...process.env,
    NODE_ENV: 'test',
    ...(variant === 'traced' && {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector,
      OTEL_TRACES_SAMPLER_ARG: '0.01',
    }),
  });
  const off = variant === 'off';
  const { log, metrics } = off ? { log: noLog, metrics: noMetrics } : createTelemetry(config);
  if (!off) emitRuntimeMetrics({ log, metrics });
  const tracing = createTracing(config, log, spanMetrics(metrics));
  const knex = openDatabase(config, log, [
    ...(off ? [] : [statementMetrics(metrics)]),
    ...(tracing ? [statementSpans(tracing, config.DATABASE_URL)] : []),
  ]);
  const status = { up: true, migrated: true, detail: '', since: '' };
  emitDatabaseMetrics(knex, status, metrics);
  const tokens = await createAccessTokens(keys, config);
  const health = createHealth({ draining: false }, status);
  const recorders = off ? [] : undefined;
  const app = buildApp({ config, log, metrics, knex, tokens, health, tracing, recorders });
  const { port } = await listen(app, { host: '127.0.0.1', port: 0, limits: config, log, refused: () => {} });
  return port;
}

const ports = Object.fromEntries(
  await Promise.all(served.map(async (variant) => [variant, await serve(variant)] as const)),
);
process.on('message', async (question: Question) => {
  if (question.ask === 'profile') {
    process.send?.(await takeCpuProfile(question.seconds, new AbortController().signal));
    return;
  }
  if (question.ask !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 } satisfies Cpu);
});
process.on('disconnect', () => process.exit());
process.send?.({ ports });
