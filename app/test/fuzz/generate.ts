/** Bytes that a hostile client may send, made from whole requests by a seeded generator: the same seed, the same bytes. */

/** Numbers from 0 to below 1, each seed its own (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

const below = (random: Random, max: number) => Math.floor(random() * max);
const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[below(random, values.length)] as Value;

const methods = ['GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const odd = ['CONNECT', 'TRACE', 'PRI', 'get', 'G\0T', 'QUERY', 'SOURCE', 'M-SEARCH', ''];
const targets = [
  ...[
    '/health/live',
    '/v1/todos',
    '/v1/todos',
    '/v1/users/me',
    '/v1/todos/batch',
    '/v1/sessions',
    '/v1/sessions/others',
    '/v1/users/me/password',
    '/metrics',
  ],
  ...['/v1/todos?limit=1', '/v1/todos?q=x&cursor=x', '/v1/todos/01a1fdb5-e49a-7cf0-8389-d72e1aae7a01'],
  ...[
    '*',
    '/',
    '//',
    '///',
    'x',
    '?',
    '#',
    '',
    'http://',
    'http://[/',
    'http://a:b/',
    'http://host/v1/todos',
    'a:1',
  ],
  ...[
    '/%',
    '/%zz',
    '/%00',
    '/v1/todos?%',
    '/v1/todos?q=%ff',
    '/\\',
    '/../..',
    'https://[::1]:1/health/live',
    'http:/x',
  ],
];
const versions = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/9.9',
  'http/1.1',
  '',
];
const names = [
  ...[
    'Host',
    'Content-Type',
    'Content-Length',
    'Transfer-Encoding',
    'Content-Encoding',
    'Expect',
    'Connection',
  ],
  ...[
    'Upgrade',
    'Authorization',
    'traceparent',
    'tracestate',
    'X-Forwarded-For',
    'Forwarded',
    'X-Request-Id',
    'Origin',
  ],
  ...[
    'If-Match',
    'If-None-Match',
    'Idempotency-Key',
    'Cookie',
    'Accept',
    'Keep-Alive',
    'Trailer',
    'TE',
    '__proto__',
  ],
];
const values = [
  ...[
    '',
    ' ',
    ',',
    ';',
    '"',
    '\t',
    '0',
    '-1',
    '1',
    '1e3',
    '0x10',
    '99999999999999999999',
    'x',
    '*',
    '"1"',
    'W/"1"',
    '[::1',
    '@',
  ],
  ...[
    'application/json',
    'Application/JSON ; charset="utf-8"',
    'text/plain',
    'application/json;charset=',
    '/',
    'a/b;;=',
  ],
  ...[
    'chunked',
    'Chunked',
    'gzip, chunked',
    'chunked, chunked',
    'identity',
    'gzip',
    '100-continue',
    'the-unexpected',
  ],
  ...[
    'close',
    'keep-alive',
    'upgrade',
    'websocket',
    'h2c',
    'Bearer x',
    'Basic eDp4',
    'Bearer',
    'user@host',
    'a:b',
    'host:99999',
  ],
  ...[
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'for="[::1]:x"',
    '1.2.3.4:5, unknown',
    'constructor',
  ],
];
const bodies = [
  '{"title":"fuzz"}',
  '{"title":',
  '[]',
  '{"email":"a@b.example","password":"0123456789ab","name":"x"}',
  '',
  '{"items":[]}',
];

/** Any bytes, as latin1. */
const noise = (random: Random, max: number) =>
  String.fromCharCode(...Array.from({ length: below(random, max) }, () => below(random, 256)));

function chunked(random: Random, body: string): string {
  const length =
    random() < 0.8
      ? body.length.toString(16)
      : pick(random, ['', 'zz', '-1', 'ffffffffffffffff', '0', '1', '0x5']);
  const extension = random() < 0.2 ? `;${noise(random, 20)}` : '';
  const end =
    random() < 0.9 ? '0\r\n\r\n' : pick(random, ['0\r\n', '0\r\nTrailer: x\r\n\r\n', '\r\n', '0\n\n', '']);
  return `${length}${extension}\r\n${body}\r\n${end}`;
}

/** A request that nothing is wrong with, so that what comes before and after it can be told from it. */
function rightRequest(random: Random, token: string): string {
  const body = pick(random, bodies.slice(0, 1));
  const authorization = `Authorization: Bearer ${token}`;
  return pick(random, [
    'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /v1/todos?limit=1 HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`,
    `POST /v1/todos HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    `POST /v1/todos HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  ]);
}

/** A request that is right, or nearly so. */
function anyRequest(random: Random, token: string): string {
  const method = random() < 0.95 ? pick(random, methods) : pick(random, odd);
  const fields = [random() < 0.95 ? 'Host: x' : 'X: x'];
  if (random() < 0.6) fields.push(`Authorization: Bearer ${token}`);
  if (random() < 0.4) fields.push(`${pick(random, names)}: ${pick(random, values)}`);
  if (random() < 0.05) fields.push(`${pick(random, names)}: ${noise(random, 30)}`);
  let body = '';
  if (['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) {
    body = pick(random, bodies);
    fields.push('Content-Type: application/json');
    if (random() < 0.5) {
      fields.push('Transfer-Encoding: chunked');
      body = chunked(random, body);
    } else fields.push(`Content-Length: ${random() < 0.9 ? body.length : below(random, 40)}`);
  }
  const target = pick(random, random() < 0.6 ? targets.slice(0, 10) : targets);
  const line = `${method} ${target} ${random() < 0.9 ? 'HTTP/1.1' : pick(random, versions)}`;
  return `${[line, ...fields].join('\r\n')}\r\n\r\n${body}`;
}

/** Changes bytes: sets, inserts, removes or repeats some. */
function mutated(random: Random, text: string): string {
  const at = below(random, text.length + 1);
  const length = below(random, 6);
  return pick(random, [
    () => text.slice(0, at) + String.fromCharCode(below(random, 256)) + text.slice(at + 1),
    () => text.slice(0, at) + noise(random, 8) + text.slice(at),
    () => text.slice(0, at) + text.slice(at + length),
    () => text.slice(0, at) + text.slice(at, at + length).repeat(1 + below(random, 50)) + text.slice(at),
    () =>
      text.slice(0, at) +
      pick(random, ['\r\n', '\n', '\r', '\0', '\r\n\r\n', ' ', ':', '\x80']) +
      text.slice(at),
    () => text.slice(0, at),
  ])();
}

/** The bytes that one connection sends. */
export interface Fuzzed {
  /** The bytes as latin1. */
  readonly bytes: string;
  /** Requests that it was made of. */
  readonly requests: number;
}

/** @param token of a user, so that some of it goes as far as the database */
export function fuzzed(random: Random, token: string): Fuzzed {
  const requests = 1 + below(random, 8);
  const parts = Array.from({ length: requests }, () =>
    random() < 0.4 ? rightRequest(random, token) : anyRequest(random, token),
  );
  // The last is broken, so that those before it are read, or any of them.
  const broken = random() < 0.7 ? requests - 1 : below(random, requests);
  for (let times = below(random, 4); times > 0; times -= 1)
    parts[broken] = mutated(random, parts[broken] ?? '');
  return { bytes: parts.join(''), requests };
}
