import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import {
  describeWithReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from '@sightline/testkit/otlp-receiver.ts';
import { portsOf, startProcess } from '@sightline/testkit/process.ts';
import { startProxy } from '@sightline/testkit/proxy.ts';
import { readConfig } from '../../src/config.ts';
import { newTraceId } from '../../src/telemetry/random-ids.ts';
import { service } from '../../src/telemetry/service.ts';
import type { SpanHooks } from '../../src/telemetry/span-pipeline.ts';
import { createTracing, type Tracing } from '../../src/telemetry/tracing.ts';
import { type Answer, client, startApi, type TestApi } from '../support/api.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const remote = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const sampled = { traceparent: `00-${remote.traceId}-${remote.spanId}-01` };
const notSampled = { traceparent: `00-${remote.traceId}-${remote.spanId}-00` };

/** The trace that an answer names. */
function traceOf({ headers }: Pick<Answer, 'headers'>) {
  const [version, traceId = '', spanId = '', flags] = (headers.get('traceresponse') ?? '').split('-');
  expect(version).toBe('00');
  return { traceId, spanId, flags };
}

/** Everything the hooks are told, counted. */
function ledger() {
  const counts = { started: 0, success: 0, failure: 0, dropped: 0 };
  const hooks: SpanHooks = {
    spanStarted: () => (counts.started += 1),
    exported: (outcome, spans) => (counts[outcome] += spans),
    dropped: (spans) => (counts.dropped += spans),
  };
  return { counts, hooks };
}

await describeWithReceiver('spans as a collector gets them', () => {
  let receiver: OtlpReceiver;
  let api: TestApi;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    api = await startApi({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-secret',
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_TRACES_SAMPLER_ARG: '1',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.name=other',
    });
  });
  afterAll(async () => {
    await api.stop();
    await receiver.stop();
  });

  /** The spans of the request that got the answer, when its own is there: it is the last that ends. */
  async function spansOf(answer: Pick<Answer, 'headers'>) {
    const { traceId, spanId } = traceOf(answer);
    const own = () => receiver.spans.find((span) => span.spanId === spanId);
    await eventually(() => own() !== undefined);
    const request = own() as ReceivedSpan;
    return { request, calls: receiver.spans.filter((span) => span.traceId === traceId && span !== request) };
  }

  test('a request is a span, and each of its statements a child of it', async () => {
    const { token, id: userId, email } = await api.newUser();
    const answer = await api.send('POST', '/v1/todos?', {
      token,
      headers: { 'Idempotency-Key': 'one', 'X-Request-Id': 'the-request' },
      json: { title: 'Top secret title' },
    });
    const { request, calls } = await spansOf(answer);
    expect(traceOf(answer)).toEqual({ traceId: request.traceId, spanId: request.spanId, flags: '03' });
    expect(request).toMatchObject({
      path: '/v1/traces',
      scope: 'todo-api',
      name: 'POST /v1/todos',
      kind: 'SERVER',
      parentSpanId: '',
      status: 'UNSET',
      links: [],
      events: 0,
    });
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/todos',
      'http.response.status_code': 201,
      'url.scheme': 'http',
      'url.path': '/v1/todos',
      'server.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'http.request.header.x-request-id': ['the-request'],
    });
    expect(calls.map(({ name }) => name)).toEqual([
      'transaction',
      'idempotency.claim',
      // The first write of this user that this process meets.
      'todos.usage',
      'todos.create',
      'idempotency.keep',
      'transaction',
    ]);
    for (const call of calls) {
      expect(call).toMatchObject({ kind: 'CLIENT', parentSpanId: request.spanId, status: 'UNSET' });
      expect(call.start).toBeGreaterThanOrEqual(request.start);
      expect(call.end).toBeLessThanOrEqual(request.end);
      expect(call.attributes).toEqual({
        'db.system.name': 'postgresql',
        'db.namespace': new URL(api.database.url).pathname.slice(1),
        'db.operation.name': call.name,
        'db.query.summary': call.name,
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(api.database.url).port),
      });
    }
    // Nothing of what the request was about.
    const text = JSON.stringify([request, ...calls].map(({ headers, ...span }) => span));
    for (const secret of ['Top secret', token, userId, email, 'collector-secret', 'insert into'])
      expect(text).not.toContain(secret);
  });

  test('they say which service they come from', async () => {
    const { request } = await spansOf(await api.send('GET', '/v1/todos'));
    expect(request.resource).toMatchObject({
      'service.name': 'todo-api',
      'service.version': service.version,
      'service.instance.id': service.instanceId,
      'deployment.environment.name': 'staging',
      'process.pid': process.pid,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      'telemetry.sdk.language': 'nodejs',
    });
  });

  test('the collector gets the configured headers, and no log line has them', async () => {
    const { request } = await spansOf(await api.send('GET', '/v1/todos'));
    expect(request.headers['authorization']).toBe('Bearer collector-secret');
    expect(JSON.stringify(api.logLines())).not.toContain('collector-secret');
  });

  test('the log lines of a request carry the ids of its span', async () => {
    const answer = await api.send('GET', '/v1/todos', { headers: { 'X-Request-Id': 'logged' } });
    const { request } = await spansOf(answer);
    const lines = api.logLines().filter((line) => line['http.request.id'] === 'logged');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line).toMatchObject({ 'trace.id': request.traceId, 'span.id': request.spanId });
  });

  test('a caller’s trace goes on, with its tracestate', async () => {
    const headers = { ...sampled, tracestate: 'vendor=one, other@system=two' };
    const answer = await api.send('GET', '/v1/todos', { headers });
    const { request } = await spansOf(answer);
    expect(request).toMatchObject({
      traceId: remote.traceId,
      parentSpanId: remote.spanId,
      traceState: 'vendor=one,other@system=two',
      links: [],
    });
    expect(traceOf(answer)).toMatchObject({ traceId: remote.traceId, flags: '01' });
  });

  test('what a caller doesn’t record isn’t recorded, and keeps its trace id', async () => {
    const before = receiver.spans.length;
    const answer = await api.send('GET', '/v1/todos', { headers: notSampled });
    expect(traceOf(answer)).toMatchObject({ traceId: remote.traceId, flags: '00' });
    // What comes after it is there, so that it would be too.
    await spansOf(await api.send('GET', '/v1/users/me'));
    expect(receiver.spans.slice(before).filter(({ spanId }) => spanId === traceOf(answer).spanId)).toEqual(
      [],
    );
    expect(receiver.spans.slice(before).filter(({ name }) => name === 'GET /v1/todos')).toEqual([]);
  });

  test('a traceparent that is none begins a new trace, without a link', async () => {
    const headers = { traceparent: `00-${'0'.repeat(32)}-${remote.spanId}-01`, tracestate: 'vendor=one' };
    const { request } = await spansOf(await api.send('GET', '/v1/todos', { headers }));
    expect(request).toMatchObject({ parentSpanId: '', traceState: '', links: [] });
    expect(request.traceId).not.toMatch(/^0+$/);
  });

  test('a client’s mistake is no error of the request, nor of the statement that showed it', async () => {
    const { email } = await api.newUser();
    const json = { email, name: 'Again', password: 'correct horse battery staple' };
    const { request, calls } = await spansOf(await api.send('POST', '/v1/users', { json }));
    expect(request).toMatchObject({ status: 'UNSET', attributes: { 'http.response.status_code': 409 } });
    expect(request.attributes).not.toHaveProperty(['error.type']);
    expect(calls).toMatchObject([{ name: 'users.create', status: 'UNSET' }]);
    expect(JSON.stringify(calls)).not.toContain(email);
  });

  test('a path that no route takes is not in the name, and a strange method is one value', async () => {
    const { request } = await spansOf(await api.send('GET', '/v1/nothing'));
    expect(request).toMatchObject({ name: 'GET', attributes: { 'http.response.status_code': 404 } });
    const { request: strange } = await spansOf(await api.send('PROPFIND', '/v1/todos'));
    expect(strange).toMatchObject({ name: 'HTTP', attributes: { 'http.request.method': '_OTHER' } });
  });

  test('a request whose client goes away ends its span as 499', async () => {
    const { token } = await api.newUser();
    const socket = connect(api.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/todos HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    socket.destroySoon();
    const aborted = () =>
      receiver.spans.find(({ attributes }) => attributes['http.response.status_code'] === 499);
    await eventually(() => aborted() !== undefined);
    expect(aborted()).toMatchObject({ status: 'UNSET' });
  });

  test('a failure of ours is an error, with its statement’s kind', async () => {
    const server = new URL(process.env['TEST_DATABASE_URL'] ?? '');
    const proxy = await startProxy({ host: server.hostname, port: Number(server.port) });
    const broken = await startApi(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/below`,
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_TRACES_SAMPLER_ARG: '1',
        DATABASE_STATEMENT_TIMEOUT_MS: '1500',
        DATABASE_POOL_MAX: '1',
      },
      (url) => Object.assign(new URL(url), { port: String(proxy.port) }).href,
    );
    try {
      const { token } = await broken.newUser();
      proxy.hang();
      const { request, calls } = await spansOf(await broken.send('GET', '/v1/users/me', { token }));
      proxy.resume();
      expect(request).toMatchObject({
        path: '/below/v1/traces',
        status: 'ERROR',
        attributes: { 'http.response.status_code': 503, 'error.type': '503' },
      });
      // With the one connection, either the statement got no answer or another one held it for too long.
      for (const call of calls)
        expect(call).toMatchObject({ status: 'ERROR', attributes: { 'error.type': 'statement_timeout' } });
    } finally {
      proxy.resume();
      await broken.stop();
      await proxy.close();
    }
  });

  test('TRACE_CONTEXT=link: a stranger’s trace is linked to, and doesn’t decide what is recorded', async () => {
    const { counts, hooks } = ledger();
    const edge = (ratio: string) =>
      startApi(
        {
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/whole`,
          OTEL_BSP_SCHEDULE_DELAY: '20',
          OTEL_TRACES_SAMPLER_ARG: ratio,
          TRACE_CONTEXT: 'link',
        },
        undefined,
        { beside: api, spanHooks: hooks },
      );
    {
      await using all = await edge('1');
      const headers = { ...notSampled, tracestate: 'vendor=one' };
      const answer = await all.send('GET', '/v1/todos', { headers });
      const { request } = await spansOf(answer);
      expect(request).toMatchObject({
        path: '/whole',
        parentSpanId: '',
        traceState: '',
        links: [{ ...remote, traceState: 'vendor=one' }],
      });
      expect(request.traceId).not.toBe(remote.traceId);
      expect(traceOf(answer).flags).toBe('03');
    }
    counts.started = 0;
    await using none = await edge('0');
    expect(traceOf(await none.send('GET', '/v1/todos', { headers: sampled })).flags).toBe('02');
    expect(counts.started).toBe(0);
  });

  test('a client has so many requests recorded in a window, whatever trace ids it sends, and others have theirs', async () => {
    const { counts, hooks } = ledger();
    const settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER_ARG: '1',
      TRUSTED_PROXIES: '127.0.0.1',
      RATE_LIMIT_TRACES: '3',
      RATE_LIMIT_WINDOW_SECONDS: '3600',
    };
    await using limited = await startApi(settings, undefined, { beside: api, spanHooks: hooks });
    const ask = async (client: string) => {
      const traceId = newTraceId();
      const answer = await limited.send('GET', '/health/live', {
        headers: { traceparent: `00-${traceId}-${remote.spanId}-01`, 'X-Forwarded-For': client },
      });
      expect([answer.status, traceOf(answer).traceId]).toEqual([200, traceId]);
      return traceOf(answer).flags;
    };
    counts.started = 0;
    const flags: (string | undefined)[] = [];
    for (let n = 0; n < 6; n += 1) flags.push(await ask('192.0.2.1'));
    expect(flags).toEqual(['01', '01', '01', '00', '00', '00']);
    // An IPv6 network of 64 bits is one client.
    for (let n = 0; n < 4; n += 1) await ask(`2001:db8::${n}`);
    expect(counts.started).toBe(6);
    expect(await ask('192.0.2.2')).toBe('01');
  });

  test('the process sends its last spans before it ends', async () => {
    const database = await createTestDatabase();
    const settings = {
      DATABASE_URL: database.url,
      PORT: '0',
      MANAGEMENT_PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '60000',
      OTEL_TRACES_SAMPLER_ARG: '1',
    };
    const started = startProcess('main.ts', settings);
    try {
      const { send, management } = await listening(started);
      const answer = await send('GET', '/v1/todos');
      // Not traced: it is asked all the time.
      const probe = await management('GET', '/health/live');
      started.child.kill('SIGTERM');
      expect(await started.ended).toBe(0);
      const { request } = await spansOf(answer);
      expect(request.resource).toMatchObject({ 'process.pid': started.child.pid });
      expect(receiver.spans.some(({ spanId }) => spanId === traceOf(probe).spanId)).toBe(false);
    } finally {
      started.child.kill('SIGKILL');
      await started.ended;
      await database.drop();
    }
  });
});

/** Waits for the ports that a process of the service took. */
async function listening(service: ReturnType<typeof startProcess>) {
  const { port, managementPort } = await portsOf(service);
  return {
    send: client(`http://127.0.0.1:${port}`),
    management: client(`http://127.0.0.1:${managementPort}`, () => {}),
  };
}

describe('tracing that is off', () => {
  test('makes no span, and still tells the trace in answers and log lines', async () => {
    const { counts, hooks } = ledger();
    await using api = await startApi({ OTEL_TRACES_SAMPLER_ARG: '1' }, undefined, { spanHooks: hooks });
    expect(api.tracing).toBeUndefined();
    const { token } = await api.newUser();
    const answer = await api.send('GET', '/v1/todos', {
      token,
      headers: { ...sampled, 'X-Request-Id': 'untraced' },
    });
    const { traceId, spanId, flags } = traceOf(answer);
    expect(traceId).toBe(remote.traceId);
    // We record nothing, whatever the caller does.
    expect(flags).toBe('00');
    const line = () => api.logLines().find((line) => line['http.request.id'] === 'untraced');
    await eventually(() => line() !== undefined);
    expect(line()).toMatchObject({ 'trace.id': traceId, 'span.id': spanId });
    expect(counts).toEqual({ started: 0, success: 0, failure: 0, dropped: 0 });
  });

  test('tells each request another trace', async () => {
    await using api = await startApi();
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.send('GET', '/v1/todos')));
    expect(new Set(answers.map((answer) => traceOf(answer).traceId)).size).toBe(10);
  });
});

describe('with a collector', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  /** Starts one that answers like this, or not at all. @returns its address */
  async function collector(status?: number): Promise<string> {
    const started = createServer((request, response) => {
      request.resume();
      if (status !== undefined) response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    server = started;
    await once(started, 'listening');
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  }

  /** The address of a collector that isn't there. */
  async function nowhere(): Promise<string> {
    const url = await collector();
    await new Promise((resolve) => server?.close(resolve));
    return url;
  }

  const troubles: [string, () => Promise<string>][] = [
    ['that is away', nowhere],
    ['that answers nothing', () => collector()],
    ['that answers 500', () => collector(500)],
    ['that is overloaded', () => collector(503)],
  ];

  const settings = {
    DATABASE_URL: 'postgres://nobody@127.0.0.1/nothing',
    OTEL_BSP_SCHEDULE_DELAY: '10',
    OTEL_EXPORTER_OTLP_TIMEOUT: '300',
  };

  test.each(troubles)('%s, what is kept is bounded and what is lost is counted', async (_name, address) => {
    const { counts, hooks } = ledger();
    const limit = 50;
    const telemetry = createTestTelemetry();
    const { log, logLines } = telemetry;
    const tracing = createTracing(
      readConfig({
        ...settings,
        OTEL_EXPORTER_OTLP_ENDPOINT: await address(),
        OTEL_BSP_MAX_QUEUE_SIZE: String(limit),
      }),
      log,
      hooks,
    ) as Tracing;
    const held = () => counts.started - counts.success - counts.failure - counts.dropped;
    const end = () =>
      tracing
        .startRequest({
          name: 'GET',
          traceId: newTraceId(),
          parent: undefined,
          link: undefined,
          attributes: {},
        })
        .end();
    for (let n = 0; n < 500; n += 1) {
      end();
      expect(held()).toBeLessThanOrEqual(limit);
    }
    expect(counts.dropped).toBe(500 - limit);
    await eventually(() => counts.failure === limit);
    // It goes on trying, and what comes then is kept again.
    end();
    expect(held()).toBe(1);
    await tracing.shutdown();
    end();
    await eventually(() => held() === 0);
    expect(counts).toEqual({ started: 502, success: 0, failure: limit + 1, dropped: 500 - limit + 1 });
    // Said once, not with each batch.
    expect(logLines()).toEqual([expect.objectContaining({ 'event.action': 'trace-export-failed' })]);
    await telemetry.check();
  });

  test('that comes back, spans are exported again, and the log says so', async () => {
    const { counts, hooks } = ledger();
    const telemetry = createTestTelemetry();
    const { log, logLines } = telemetry;
    let status = 400;
    server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(status).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const tracing = createTracing(
      readConfig({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }),
      log,
      hooks,
    ) as Tracing;
    const end = () =>
      tracing
        .startRequest({
          name: 'GET',
          traceId: newTraceId(),
          parent: undefined,
          link: undefined,
          attributes: {},
        })
        .end();
    end();
    await eventually(() => counts.failure === 1);
    status = 200;
    end();
    await eventually(() => counts.success === 1);
    await tracing.shutdown();
    expect(logLines().map((line) => line['event.action'])).toEqual([
      'trace-export-failed',
      'trace-export-recovered',
    ]);
    await telemetry.check();
  });

  test.each(troubles)(
    '%s, requests are answered as ever and the process ends by itself',
    async (_name, address) => {
      const database = await createTestDatabase();
      const started = startProcess('main.ts', {
        ...settings,
        DATABASE_URL: database.url,
        PORT: '0',
        MANAGEMENT_PORT: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: await address(),
        OTEL_TRACES_SAMPLER_ARG: '1',
        OTEL_BSP_MAX_QUEUE_SIZE: '20',
      });
      try {
        const { send } = await listening(started);
        for (let n = 0; n < 50; n += 1) expect((await send('GET', '/health/live')).status).toBe(200);
        await eventually(() => started.output().includes('trace-export-failed'));
        expect((await send('GET', '/health/live')).status).toBe(200);
        started.child.kill('SIGTERM');
        let code: number | string | undefined;
        void started.ended.then((ended) => (code = ended));
        await eventually(() => code !== undefined);
        expect(code).toBe(0);
      } finally {
        started.child.kill('SIGKILL');
        await started.ended;
        await database.drop();
      }
    },
  );
});

describe('the share of traces to record', () => {
  const traceIds = Array.from({ length: 20_000 }, (_, n) =>
    createHash('sha256').update(String(n)).digest('hex').slice(0, 32),
  );
  const { log } = createTestTelemetry();
  const made: Tracing[] = [];
  afterAll(() => Promise.all(made.map((tracing) => tracing.shutdown())));

  function recorded(ratio: string): Set<string> {
    const tracing = createTracing(
      readConfig({
        DATABASE_URL: 'postgres://nobody@127.0.0.1/nothing',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        OTEL_TRACES_SAMPLER_ARG: ratio,
      }),
      log,
    ) as Tracing;
    made.push(tracing);
    return new Set(traceIds.filter((traceId) => tracing.samples(traceId, undefined)));
  }

  test.each(['0', '0.01', '0.25', '1'])('%s is met', (ratio) => {
    const expected = Number(ratio) * traceIds.length;
    const deviation = Math.sqrt(expected * (1 - Number(ratio)));
    expect(Math.abs(recorded(ratio).size - expected)).toBeLessThanOrEqual(4 * deviation);
  });

  test('is chosen by the trace id alone: the same again, and a smaller one within a larger one', () => {
    const small = recorded('0.1');
    expect(recorded('0.1')).toEqual(small);
    expect(small.isSubsetOf(recorded('0.3'))).toBe(true);
  });

  test('makes a span of no other request', async () => {
    const { counts, hooks } = ledger();
    await using api = await startApi(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        OTEL_TRACES_SAMPLER_ARG: '0',
        OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      },
      undefined,
      { spanHooks: hooks },
    );
    const { token } = await api.newUser();
    await api.send('GET', '/v1/todos', { token });
    expect(counts.started).toBe(0);
    await api.send('GET', '/v1/todos', { token, headers: sampled });
    // The request and its one statement.
    expect(counts.started).toBe(2);
  });
});

describe('the settings of tracing', () => {
  test.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://collector/?key=1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'environment'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'environment=%zz'],
    ['TRACE_CONTEXT', 'ignore'],
  ])('%s refuses %s and says so', (name, value) => {
    expect(() => readConfig({ DATABASE_URL: 'postgres://a@b/c', [name]: value })).toThrow(
      `${name} is ${JSON.stringify(value)}; it takes `,
    );
  });

  test.each([
    ['OTEL_EXPORTER_OTLP_HEADERS', 'hunter2 is no pair'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:hunter2@collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:hun/hunter2@collector:4318'],
  ])('%s never shows a secret', (name, value) => {
    const read = () => readConfig({ DATABASE_URL: 'postgres://a@b/c', [name]: value });
    expect(read).toThrow(name);
    expect(read).not.toThrow('hunter2');
  });
});
