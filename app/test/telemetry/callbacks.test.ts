import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openLogDestination } from '@sightline/telemetry/log-destination.ts';
import type { Metrics } from '@sightline/telemetry/metrics.ts';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { exchangeRaw } from '@sightline/testkit/raw-http.ts';
import Koa from 'koa';
import { readConfig } from '../../src/config.ts';
import { monitorDatabase } from '../../src/database/monitor.ts';
import { createFaultSwitch } from '../../src/faults/switch.ts';
import type { RequestState } from '../../src/http/context.ts';
import { errors } from '../../src/http/errors.ts';
import { type Recorder, recordRequests } from '../../src/http/request-record.ts';
import { route } from '../../src/http/route.ts';
import { listen, type RunningServer } from '../../src/http/server.ts';
import { answerWithin } from '../../src/http/time-limit.ts';
import { startMaintenance } from '../../src/maintenance/maintenance.ts';
import { createLogLevelSwitch } from '../../src/management/log-level-switch.ts';
import { connectRedis } from '../../src/redis/connection.ts';
import { type CallbackPlace, createLog, type RootLog } from '../../src/telemetry/log.ts';
import { emitRuntimeMetrics } from '../../src/telemetry/runtime-metrics.ts';
import { createTracing } from '../../src/telemetry/tracing.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestTelemetry, type TestTelemetry } from '../support/telemetry.ts';

const fail = (): never => {
  throw new Error('thrown on purpose');
};

/** A log that can write nothing, but say so. @param good lines that it writes before */
function brokenLog(log: RootLog, good = 0): RootLog {
  let left = good;
  const write = () => {
    left -= 1;
    return left < 0 ? fail() : undefined;
  };
  const broken: RootLog = {
    level: 'info',
    write,
    writeError: write,
    escaped: (place, error) => log.escaped(place, error),
    with: () => broken,
    flush: () => Promise.resolve(0),
    flushNow: () => {},
  };
  return broken;
}

const brokenMetrics = (metrics: Metrics, name: string): Metrics => ({
  ...metrics,
  count: (counted, labels, by) => (counted === name ? fail() : metrics.count(counted, labels, by)),
  observe: (observed, labels, value) =>
    observed === name ? fail() : metrics.observe(observed, labels, value),
});

let api: TestApi;
beforeAll(async () => {
  api = await startApi({}, undefined, {
    listeners: [{ queued: fail, sent: fail }, { sent: () => fail }],
  });
});
afterAll(() => api.stop());

interface CallbackFixture {
  readonly telemetry: TestTelemetry;
  /** Counted at this place so far. */
  readonly counted: () => Promise<number>;
  readonly defer: (clean: () => unknown) => void;
}

/** Serves these steps behind those that each request meets. */
async function serve(
  { telemetry, defer }: CallbackFixture,
  log: RootLog,
  ...steps: Koa.Middleware<RequestState>[]
) {
  const app = new Koa<RequestState>();
  app.use((ctx, next) => {
    ctx.state.log = log;
    return next();
  });
  for (const step of steps) app.use(step);
  const server: RunningServer = await listen(app as unknown as Koa, {
    host: '127.0.0.1',
    port: 0,
    limits: readConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }),
    log: telemetry.log,
    refused: fail,
  });
  defer(() => server.close(0));
  return server;
}

const ask = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const noAddress = {
  host: '127.0.0.1',
  port: 1,
  tls: false,
  database: 0,
};

/** Breaks what is called at each place, and waits for what has to go on all the same. */
const breakages: Readonly<Record<CallbackPlace, (fixture: CallbackFixture) => Promise<unknown>>> = {
  async connection(fixture) {
    const { port } = await serve(fixture, fixture.telemetry.log, (ctx) => {
      ctx.body = 'served';
    });
    // Whoever counts what is refused fails.
    const refused = exchangeRaw(port, 'no HTTP\r\n\r\n');
    await eventually(async () => (await fixture.counted()) === 1);
    expect(await exchangeRaw(port, ask)).toContain('served');
    await fixture.defer(() => refused);
  },
  async recorder(fixture) {
    const records: string[] = [];
    const record =
      (name: string): Recorder =>
      ({ status }) =>
        void records.push(`${name} ${status}`);
    const { port } = await serve(
      fixture,
      fixture.telemetry.log,
      recordRequests([record('first'), fail, record('last')]),
      (ctx) => {
        ctx.status = 204;
      },
    );
    expect(await exchangeRaw(port, ask)).toContain('204');
    await eventually(() => records.length === 2);
    expect(records).toEqual(['first 204', 'last 204']);
  },
  async late_work(fixture) {
    const { port } = await serve(
      fixture,
      brokenLog(fixture.telemetry.log, 1),
      errors(),
      answerWithin(1),
      async () => {
        await delay(50);
        fail();
      },
    );
    expect(await exchangeRaw(port, ask)).toContain('503');
  },
  async after_commit({ telemetry }) {
    const audited = route({
      method: 'get',
      path: '/',
      operation: 'auditNothing',
      summary: 'Audits what was done',
      authentication: 'access_token',
      answers: {},
      handler: ({ actor }) => actor.audit('user-erased', {}),
    });
    const state = { userId: 'x', sessionId: 'x', requestId: 'x', log: brokenLog(telemetry.log) };
    await audited.handle({ state } as unknown as Parameters<typeof audited.handle>[0]);
  },
  statement_listener: async () => {
    const { token } = await api.newUser();
    const created = await api.send('POST', '/v1/todos', { token, json: { title: 'A' } });
    expect(created.status).toBe(201);
  },
  async database_monitor({ telemetry, counted, defer }) {
    const monitor = monitorDatabase(api.knex, { intervalMs: 10, log: brokenLog(telemetry.log) });
    defer(() => monitor.stop());
    await eventually(async () => (await counted()) > 1);
  },
  async maintenance({ telemetry, counted, defer }) {
    const maintenance = startMaintenance(api.knex, [{ name: 'audit', run: fail }], {
      intervalMs: 10,
      log: brokenLog(telemetry.log),
      metrics: telemetry.metrics,
    });
    defer(() => maintenance.stop());
    // It is news once; a round that fails by its news is followed by others all the same.
    await eventually(async () => (await counted()) > 0);
  },
  async redis({ telemetry, counted, defer }) {
    const redis = connectRedis(noAddress, { ...telemetry, log: brokenLog(telemetry.log) });
    defer(() => redis.close());
    await eventually(async () => (await counted()) > 0);
    expect(redis.isReady).toBe(false);
  },
  async span({ telemetry, defer }) {
    const environment = {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
    };
    const tracing = createTracing(readConfig(environment), telemetry.log, {
      spanStarted: fail,
      exported: fail,
    });
    const trace = { traceId: '1'.repeat(32), parent: undefined, link: undefined, attributes: {} };
    tracing?.startRequest({ name: 'GET', ...trace }).end();
    await tracing?.shutdown();
    defer(() => {});
  },
  async log({ telemetry, counted }) {
    // Can't be written to.
    const descriptor = openSync(devNull, 'r');
    const log = createLog(
      { LOG_LEVEL: 'info', LOG_FORMAT: 'ecs' },
      {
        metrics: brokenMetrics(telemetry.metrics, 'log_write_errors_total'),
        destination: (listener) => openLogDestination(descriptor, listener),
      },
    );
    log.write('schema-current');
    await eventually(async () => (await counted()) > 1);
  },
  async log_copy({ telemetry, counted }) {
    let sent = 0;
    const log = createLog(
      { LOG_LEVEL: 'info', LOG_FORMAT: 'ecs' },
      {
        metrics: {
          ...telemetry.metrics,
          count: (name, labels, by) =>
            'level' in labels && labels.level === 'warn' ? fail() : telemetry.metrics.count(name, labels, by),
        },
        destination: () => ({ write: () => {}, flush: () => Promise.resolve(0), flushNow: () => {} }),
        copy: {
          send() {
            sent += 1;
            return sent > 2 ? Promise.resolve([]) : Promise.reject(new Error('away'));
          },
          close: () => {},
        },
      },
    );
    log.write('schema-current');
    await eventually(async () => (await counted()) > 0 && sent > 2);
  },
  async runtime_metrics({ telemetry, counted, defer }) {
    const metrics = brokenMetrics(telemetry.metrics, 'nodejs_eventloop_delay_seconds');
    defer(emitRuntimeMetrics({ log: telemetry.log, metrics }));
    await eventually(async () => (await counted()) > 1);
  },
  async scrape({ telemetry }) {
    telemetry.metrics.beforeScrape(fail);
    telemetry.metrics.beforeScrape(() => telemetry.metrics.set('db_up', {}, 1));
    expect(samplesOf((await telemetry.metrics.scrape()).text).get('db_up')).toBe(1);
  },
  async log_level({ telemetry, counted }) {
    createLogLevelSwitch(brokenLog(telemetry.log, 1)).set('debug', 0.01);
    await eventually(async () => (await counted()) > 0);
  },
  async fault({ telemetry, counted }) {
    const faults = createFaultSwitch({ FAULT_INJECTION: 'on' }, brokenLog(telemetry.log, 1));
    faults?.set({ seconds: 0.01, requests: { every: 1, effect: 'fail' } } as Parameters<
      typeof faults.set
    >[0]);
    await eventually(async () => (await counted()) > 0);
    expect(faults?.state()).toEqual({ ends_at: null });
  },
};

describe('what throws where nothing above would catch is counted and logged, and ends nothing', () => {
  test.each(Object.keys(breakages) as CallbackPlace[])('%s', async (place) => {
    const telemetry = place === 'statement_listener' ? api.telemetry : createTestTelemetry();
    const cleaning: (() => unknown)[] = [];
    const counted = async () =>
      samplesOf((await telemetry.metrics.scrape()).text).get(`callback_errors_total{place="${place}"}`) ?? 0;
    await breakages[place]({ telemetry, counted, defer: (clean) => cleaning.push(clean) });
    await eventually(async () => (await counted()) > 0);
    for (const clean of cleaning) await clean();
    if (place === 'log' || place === 'log_copy') return;
    expect(telemetry.logLines()).toContainEqual(
      expect.objectContaining({
        'event.action': 'callback-failed',
        'log.level': 'error',
        'labels.place': place,
        'error.message': 'thrown on purpose',
      }),
    );
    await telemetry.check();
  });

  test('also where neither metrics nor log can be told', () => {
    const { metrics } = createTestTelemetry();
    const log = createLog(
      { LOG_LEVEL: 'info', LOG_FORMAT: 'ecs' },
      {
        metrics: brokenMetrics(metrics, 'callback_errors_total'),
        destination: () => ({ write: fail, flush: () => Promise.resolve(0), flushNow: () => {} }),
      },
    );
    const said: unknown[] = [];
    const { error } = console;
    console.error = (...words) => said.push(...words);
    try {
      log.escaped('recorder', new Error('the first'));
    } finally {
      console.error = error;
    }
    expect(said).toContainEqual(new Error('the first'));
  });
});
