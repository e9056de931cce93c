/**
 * Whatever a client sends, at its longest and at its nastiest, takes time linear in its length: twice as long is not four
 * times as expensive. The parts are those of the OpenAPI document, of the management routes and of the headers that the
 * sources read. What is compared is processor time of the service's process, so that no busy machine fails this.
 */
import { globSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiProcess, startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { managementRoutes } from '../../src/management/routes.ts';
import { describeApi } from '../../src/openapi/describe.ts';
import { client, registerUser } from '../support/api.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

/** Pieces whose repetition makes patterns and splits slow: blanks, separators, quotes, and what nearly fits. */
const pieces = [
  ...[' ', '\t', ',', ' ,\t', ';', '=', '"', '\\"', '-', '/', ':', '%20'],
  ...['a', '0', 'é', '{"a":', 'a=1,', 'W/"1" ', 'for="[::1]:1",', '192.0.2.1, '],
];
/** A value of this length, after one that is taken or after nothing, so that only its end is wrong. */
type Shape = (valid: string, length: number) => string;
const shapes: readonly Shape[] = pieces.flatMap((piece) =>
  [false, true].map((isAfter) => (valid: string, length: number) => {
    const start = isAfter ? `${valid} ` : 'a';
    return `${start}${piece.repeat(length / piece.length).slice(0, length - start.length)}b`;
  }),
);

/** The parts of a request; a value stands in the place of what a client sent. */
interface Sent {
  readonly port: 'api' | 'management';
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
interface Part {
  readonly name: string;
  /** A value that is taken, for shapes that begin with one. */
  readonly valid: string;
  /** The longest that is looked at, in characters. */
  readonly length: number;
  readonly send: (value: string) => Sent;
}

/**
 * Characters of headers and paths that MAX_HEADER_BYTES leaves beside the other headers. Bodies are longer:
 * far over every limit of theirs.
 */
const longestHead = 12_000;
const longestText = 40_000;
const id = '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70';

/** The headers that the sources read, each with a value that is taken. Those of the document have their examples there. */
const headersRead: Readonly<Record<string, string>> = {
  authorization: 'Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln',
  'content-length': '2',
  'content-type': 'application/json; charset=utf-8',
  'content-encoding': 'identity',
  'transfer-encoding': 'chunked',
  upgrade: 'h2c',
  cookie: 'a=b; c=d',
  host: 'localhost',
  origin: 'https://app.example.com',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'none',
  'x-forwarded-for': '192.0.2.1, 192.0.2.2',
  forwarded: 'for=192.0.2.1;proto=https, for="[2001:db8::1]:80"',
  tracestate: 'a=1, b@c=2',
  'access-control-request-method': 'PUT',
  'access-control-request-headers': 'a, b',
};
/** Node's parser reads them, and hands on no others than numbers and words that end in `chunked`. */
const neverLong = ['content-length', 'transfer-encoding'];

interface Schema {
  readonly $ref?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Parameter {
  readonly $ref?: string;
  readonly in: 'header' | 'query' | 'path';
  readonly name: string;
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
const document = (await describeApi()) as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};
const resolved = <Node extends { readonly $ref?: string }>(node: Node): Node => {
  const [, , kind = '', name = ''] = node.$ref?.split('/') ?? [];
  return node.$ref === undefined ? node : (document.components[kind]?.[name] as Node);
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
    const [[type, media] = []] = Object.entries(requestBody?.content ?? {});
    return {
      method: method.toUpperCase(),
      path,
      type,
      members: media ? Object.keys(resolved(media.schema).properties ?? {}) : [],
      parameters: parameters.map(resolved),
    };
  }),
);

const filled = (path: string, value = id) => path.replace(/\{\w+\}/g, value);
const validOf = ({ schema: { examples: [example] = [] } }: Parameter) => String(example ?? 'a');
const urlParts = (port: Sent['port'], paths: readonly string[]): Part[] =>
  paths.map((path) => ({
    name: `${port}: path ${path}…`,
    valid: id,
    length: longestHead,
    send: (value) => ({ port, method: 'GET', path: `${path}${encodeURI(value).replace(/[#]/g, '')}` }),
  }));
const queryPart = (port: Sent['port'], method: string, path: string, name: string, valid = 'a'): Part => ({
  name: `${port}: ${method} ${path}?${name}`,
  valid,
  // Percent-encoding makes up to three characters of one.
  length: longestHead / 3,
  send: (value) => ({ port, method, path: `${filled(path)}?${name}=${encodeURIComponent(value)}` }),
});
const memberPart = (port: Sent['port'], method: string, path: string, type: string, name: string): Part => ({
  name: `${port}: ${method} ${path} ${name}`,
  valid: 'a',
  length: longestText,
  send: (value) => ({
    port,
    method,
    path: filled(path),
    headers: { 'content-type': type },
    body: JSON.stringify({ [name]: value }),
  }),
});

/** Operations that read a header are asked for it; all others are read by every one, whose body is refused. */
function headerPart(port: Sent['port'], name: string, valid: string): Part {
  const reader = operations.find(
    ({ path, parameters }) =>
      path.includes('{') && parameters.some((each) => each.in === 'header' && each.name === name),
  );
  const isPreflight = name.startsWith('access-control-');
  const [method, path] =
    port === 'management'
      ? (['PUT', '/debug/log-level'] as const)
      : isPreflight
        ? (['OPTIONS', '/v1/todos'] as const)
        : ([reader?.method ?? 'POST', filled(reader?.path ?? '/v1/todos')] as const);
  const json = { 'content-type': `application/${method === 'PATCH' ? 'merge-patch+' : ''}json` };
  return {
    name: `${port}: header ${name}`,
    valid,
    length: longestHead,
    send: (value) => ({
      port,
      method,
      path,
      headers: {
        ...(method !== 'GET' && !isPreflight && json),
        ...(isPreflight && { origin: 'https://app.example.com', 'access-control-request-method': 'PUT' }),
        [name.toLowerCase()]: value,
      },
      ...(method !== 'GET' && !isPreflight && { body: '{}' }),
    }),
  };
}

const documentedHeaders = operations
  .flatMap(({ parameters }) => parameters)
  .filter((each) => each.in === 'header')
  .map((each) => [each.name, validOf(each)] as const);
const allHeaders = Object.entries({ ...headersRead, ...Object.fromEntries(documentedHeaders) }).filter(
  ([name]) => !neverLong.includes(name),
);

function managementParts(): Part[] {
  const { log, metrics } = createTestTelemetry();
  const never = () => ({ status: 'ok' as const, checks: {} });
  const routes = managementRoutes({
    config: {} as never,
    health: { live: never, startup: never, ready: never } as never,
    log,
    metrics,
  });
  return routes.flatMap(({ method, path, query, body }) => {
    const verb = method.toUpperCase();
    return [
      ...Object.keys(query?.shape ?? {}).map((name) => queryPart('management', verb, path, name)),
      ...Object.keys(body?.schema.shape ?? {}).map((name) =>
        memberPart('management', verb, path, 'application/json', name),
      ),
    ];
  });
}

const parts: readonly Part[] = [
  ...(['api', 'management'] as const).flatMap((port) =>
    allHeaders.map(([name, valid]) => headerPart(port, name, valid)),
  ),
  ...urlParts('api', [
    '/',
    '/v1/todos/',
    '/v1/todos/x/',
    '/problems/',
    '/docs/',
    '/v1/todos?',
    '/v1/todos?q=1&',
  ]),
  ...urlParts('management', ['/', '/problems/', '/health/live?']),
  ...operations.flatMap(({ method, path, type = '', members, parameters }) => [
    ...parameters
      .filter((each) => each.in === 'query')
      .map((each) => queryPart('api', method, path, each.name, validOf(each))),
    ...members.map((name) => memberPart('api', method, path, type, name)),
  ]),
  ...managementParts(),
  {
    name: 'api: a body as a whole',
    valid: '{"title":"a"}',
    length: longestText,
    send: (body) => ({
      port: 'api',
      method: 'POST',
      path: '/v1/todos',
      headers: { 'content-type': 'application/json' },
      body,
    }),
  },
];

/** Answers each message by the processor time of its process so far, in microseconds. */
const meter = `data:text/javascript,${encodeURIComponent(
  'process.on("message", () => { const { user, system } = process.cpuUsage(); process.send(user + system); });',
)}`;

/**
 * Linear is 2, quadratic 4. What costs less than some times the rest of its requests, milliseconds, can't be told, and hurts
 * nobody.
 */
const maxGrowth = 3;
/** Requests that are measured together: the time of one is too short. */
const atOnce = 8;
/** V8 runs a pattern slowly the first time. */
const minRounds = 2;
const maxRounds = 6;

describe('time', () => {
  let database: TestDatabase;
  let token: string;
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let api: ApiProcess;
  const settings = {
    LOG_LEVEL: 'info',
    TRUSTED_PROXIES: '127.0.0.1',
    CORS_ORIGINS: 'https://app.example.com',
    RATE_LIMIT_IP: '0',
    RATE_LIMIT_USER: '0',
    RATE_LIMIT_SESSIONS: '0',
    RATE_LIMIT_TRACES: '0',
    RATE_LIMIT_PASSWORD: '0',
    MAX_REQUESTS_PER_CONNECTION: '0',
    // Spans are made, and go nowhere.
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_TRACES_SAMPLER_ARG: '1',
    OTEL_BSP_SCHEDULE_DELAY: '60000',
    OTEL_BSP_MAX_QUEUE_SIZE: '20',
    ...{ ARGON2_MEMORY_KIB: '8', ARGON2_ITERATIONS: '1' },
  };
  const start = (further = {}) =>
    startApiProcess({ ...settings, DATABASE_URL: database.url, ...further }, ['--import', meter]);

  beforeAll(async () => {
    database = await createTestDatabase();
    expect(await startProcess('database/migrate.ts', { DATABASE_URL: database.url }).ended).toBe(0);
    api = await start();
    ({ token } = await registerUser(client(api.url)));
  });
  afterAll(async () => {
    agent.destroy();
    api?.child.kill('SIGKILL');
    await api?.ended;
    await database.drop();
  });

  /** Sends one request, and waits for the whole answer. */
  function ask(to: ApiProcess, { port, method, path, headers = {}, body = '' }: Sent): Promise<number> {
    const valid: Record<string, string> = {
      host: 'localhost',
      traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`,
      ...(port === 'api' && { authorization: `Bearer ${token}` }),
      ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }),
    };
    const { hostname, port: number } = new URL(port === 'api' ? to.url : to.managementUrl);
    return new Promise((answer, reject) => {
      request(
        { agent, hostname, port: number, method, path, headers: { ...valid, ...headers } },
        (response) => response.resume().once('end', () => answer(response.statusCode ?? 0)),
      )
        .once('error', reject)
        .end(body);
    });
  }

  const spent = ({ child }: ApiProcess) =>
    new Promise<number>((answer) => {
      child.once('message', (microseconds) => answer(Number(microseconds)));
      child.send('now');
    });

  async function cost(to: ApiProcess, sent: readonly Sent[]): Promise<number> {
    const before = await spent(to);
    for (const status of await Promise.all(sent.map((each) => ask(to, each))))
      expect(status).toBeLessThan(500);
    return (await spent(to)) - before;
  }

  /**
   * Finds inputs that take more than linear time, as sentences: half of it and all of it by turns, of each
   * the cheapest.
   */
  async function superlinear(to: ApiProcess, { name, valid, length, send }: Part): Promise<string[]> {
    const found: string[] = [];
    for (let first = 0; first < shapes.length; first += atOnce) {
      const some = shapes.slice(first, first + atOnce);
      const [half, whole] = [length / 2, length].map((each) =>
        some.map((shape) => send(shape(valid, each))),
      ) as [Sent[], Sent[]];
      let [cheapHalf, cheapWhole] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      const grows = () => cheapWhole > maxGrowth * cheapHalf;
      for (let round = 0; round < minRounds || (grows() && round < maxRounds); round += 1) {
        cheapHalf = Math.min(cheapHalf, await cost(to, half));
        cheapWhole = Math.min(cheapWhole, await cost(to, whole));
      }
      const like = some.map((shape) => JSON.stringify(shape('…', 12))).join(' ');
      if (grows())
        found.push(
          `${name}: ${cheapHalf} µs at ${length / 2}, ${cheapWhole} µs at ${length}, of one like these: ${like}`,
        );
    }
    return found;
  }

  test.each(parts.map((part) => [part.name, part] as const))(
    'grows no faster than %s',
    async (_name, part) => {
      expect(await superlinear(api, part)).toEqual([]);
    },
  );

  test('grows no faster than the header Forwarded, where that is what proxies write', async () => {
    const other = await start({ FORWARDED_HEADER: 'forwarded' });
    try {
      const part = headerPart('api', 'forwarded', headersRead['forwarded'] ?? '');
      expect(await superlinear(other, part)).toEqual([]);
    } finally {
      other.child.kill('SIGKILL');
      await other.ended;
    }
  });
});

test('each header that the sources read is timed here', () => {
  const folder = resolve(import.meta.dirname, '../../src');
  const read = [/\bheaders(?:\.(?!ts\b)([a-z]\w*)|\['([\w-]+)'\])/g, /\b(?:ctx|request)\.get\('([\w-]+)'\)/g];
  const taken = /\{([^{}]*)\} = (?:\w+\.)?headers;/g;
  const named = globSync('**/*.ts', { cwd: folder }).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [
      ...read.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name, quoted]) => name ?? quoted)),
      ...[...text.matchAll(taken)].flatMap(([, names = '']) =>
        names.split(',').map((name) => name.replace(/[:=].*/s, '').replace(/['\s]/g, '')),
      ),
    ]
      .filter((name) => name !== undefined && name !== '')
      .map((name) => ({ file, name: String(name).toLowerCase() }));
  });
  const known = [...Object.keys(headersRead), ...documentedHeaders.map(([name]) => name.toLowerCase())];
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ name }) => !known.includes(name))).toEqual([]);
});
