/** The golden path and the error paths of the API, each answer held against the OpenAPI document that it serves. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { OpenApiDocument } from '@sightline/app/src/openapi/document.ts';
import { anyTestAddress, forwardedFor } from '@sightline/loadtest/k6/addresses.ts';
import { type AnswerCheck, answerChecker } from '@sightline/testkit/answer-checker.ts';
import { CheckFailed, expectNone } from '@sightline/testkit/check.ts';
import { createClient, type RequestOptions, type Send } from '@sightline/testkit/client.ts';
import { fetchText } from '@sightline/testkit/prometheus.ts';

/** All that these checks need of what they look at: a cluster has no more. */
interface ApiProof {
  readonly stack: { readonly apiUrl: string; readonly clientsUrl?: string | undefined };
}

/** Whom the requests are made by and what they have made so far. */
interface Customer {
  readonly email: string;
  password: string;
  readonly nextPassword: string;
  token: string;
  refreshToken: string;
  todo: string;
  etag: string;
  otherSession: string;
}

type Options = Omit<RequestOptions, 'headers'> & { headers?: Record<string, string> };

interface Step {
  /** Its `operationId`. */
  readonly operation: string;
  readonly request: (customer: Customer) => readonly [method: string, path: string, options?: Options];
  readonly status: number;
  /** Takes what later steps need. */
  readonly keep?: (customer: Customer, answer: { body: Record<string, string>; headers: Headers }) => void;
}

const as = ({ token }: Customer, options: Options = {}): Options => ({ token, ...options });

const keepTokens: Step['keep'] = (customer, { body }) => {
  customer.token = body['access_token'] ?? '';
  customer.refreshToken = body['refresh_token'] ?? '';
};
const keepVersion: Step['keep'] = (customer, { headers }) => {
  customer.etag = headers.get('etag') ?? '';
};

/** The steps of a user from the first request to the last; every operation of the API is in it. */
const goldenPath: readonly Step[] = [
  { operation: 'checkLive', request: () => ['GET', '/health/live'], status: 200 },
  { operation: 'checkStartup', request: () => ['GET', '/health/startup'], status: 200 },
  { operation: 'checkReady', request: () => ['GET', '/health/ready'], status: 200 },
  { operation: 'getOpenApiDocument', request: () => ['GET', '/openapi.json'], status: 200 },
  { operation: 'getKeySet', request: () => ['GET', '/.well-known/jwks.json'], status: 200 },
  {
    operation: 'registerUser',
    request: ({ email, password }) => ['POST', '/v1/users', { json: { email, password, name: 'Verify' } }],
    status: 201,
  },
  {
    operation: 'logIn',
    request: ({ email, password }) => ['POST', '/v1/sessions', { json: { email, password } }],
    status: 201,
    keep: keepTokens,
  },
  {
    operation: 'refreshSession',
    request: ({ refreshToken }) => [
      'POST',
      '/v1/sessions/refresh',
      { json: { refresh_token: refreshToken } },
    ],
    status: 200,
    keep: keepTokens,
  },
  { operation: 'getCurrentUser', request: (customer) => ['GET', '/v1/users/me', as(customer)], status: 200 },
  {
    operation: 'createTodo',
    request: (customer) => [
      'POST',
      '/v1/todos',
      as(customer, { json: { title: 'Verify', priority: 'high' } }),
    ],
    status: 201,
    keep: (customer, answer) => {
      customer.todo = answer.body['id'] ?? '';
      keepVersion(customer, answer);
    },
  },
  {
    operation: 'createTodos',
    request: (customer) => [
      'POST',
      '/v1/todos/batch',
      as(customer, {
        json: { items: [{ title: 'One' }, { title: 'Two' }] },
        headers: { 'Idempotency-Key': randomUUID() },
      }),
    ],
    status: 201,
  },
  { operation: 'listTodos', request: (customer) => ['GET', '/v1/todos?limit=2', as(customer)], status: 200 },
  {
    operation: 'getTodo',
    request: (customer) => ['GET', `/v1/todos/${customer.todo}`, as(customer)],
    status: 200,
  },
  {
    operation: 'getTodo',
    request: (customer) => [
      'GET',
      `/v1/todos/${customer.todo}`,
      as(customer, { headers: { 'If-None-Match': customer.etag } }),
    ],
    status: 304,
  },
  {
    operation: 'updateTodo',
    request: (customer) => [
      'PATCH',
      `/v1/todos/${customer.todo}`,
      as(customer, { json: { status: 'done' }, headers: { 'If-Match': customer.etag } }),
    ],
    status: 200,
  },
  {
    operation: 'deleteTodo',
    request: (customer) => ['DELETE', `/v1/todos/${customer.todo}`, as(customer)],
    status: 204,
  },
  {
    operation: 'restoreTodo',
    request: (customer) => ['POST', `/v1/todos/${customer.todo}/restore`, as(customer)],
    status: 200,
  },
  {
    operation: 'getTodoHistory',
    request: (customer) => ['GET', `/v1/todos/${customer.todo}/history`, as(customer)],
    status: 200,
  },
  {
    operation: 'logIn',
    request: ({ email, password }) => ['POST', '/v1/sessions', { json: { email, password } }],
    status: 201,
  },
  {
    operation: 'listSessions',
    request: (customer) => ['GET', '/v1/sessions', as(customer)],
    status: 200,
    keep: (customer, { body }) => {
      const sessions = body['items'] as unknown as readonly { id: string; current: boolean }[];
      customer.otherSession = sessions.find(({ current }) => !current)?.id ?? '';
    },
  },
  {
    operation: 'endSession',
    request: (customer) => ['DELETE', `/v1/sessions/${customer.otherSession}`, as(customer)],
    status: 204,
  },
  {
    operation: 'endOtherSessions',
    request: (customer) => ['DELETE', '/v1/sessions/others', as(customer)],
    status: 204,
  },
  {
    operation: 'changePassword',
    request: (customer) => [
      'PUT',
      '/v1/users/me/password',
      as(customer, { json: { current_password: customer.password, new_password: customer.nextPassword } }),
    ],
    status: 204,
    keep: (customer) => {
      customer.password = customer.nextPassword;
    },
  },
  {
    operation: 'logOut',
    request: (customer) => ['DELETE', '/v1/sessions/current', as(customer)],
    status: 204,
  },
  {
    operation: 'logIn',
    request: ({ email, password }) => ['POST', '/v1/sessions', { json: { email, password } }],
    status: 201,
    keep: keepTokens,
  },
  {
    operation: 'deleteCurrentUser',
    request: (customer) => [
      'DELETE',
      '/v1/users/me',
      as(customer, { json: { password: customer.password } }),
    ],
    status: 204,
  },
];

interface Mistake extends Omit<Step, 'operation' | 'keep'> {
  readonly when: string;
}

const nobodysTodo = '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01';

const errorPaths: readonly Mistake[] = [
  { when: 'nothing is at the path', request: () => ['GET', '/v1/no-such-thing'], status: 404 },
  { when: 'the path has no such method', request: () => ['PUT', '/v1/todos'], status: 405 },
  { when: 'no token is sent', request: () => ['GET', '/v1/todos'], status: 401 },
  { when: 'the token is none', request: () => ['GET', '/v1/todos', { token: 'none' }], status: 401 },
  {
    when: 'the query is wrong',
    request: (customer) => ['GET', '/v1/todos?limit=0', as(customer)],
    status: 400,
  },
  { when: 'the id is none', request: (customer) => ['GET', '/v1/todos/1', as(customer)], status: 400 },
  {
    when: "the todo is nobody's",
    request: (customer) => ['GET', `/v1/todos/${nobodysTodo}`, as(customer)],
    status: 404,
  },
  {
    when: 'the JSON is cut off',
    request: (customer) => ['POST', '/v1/todos', as(customer, { raw: '{' })],
    status: 400,
  },
  {
    when: 'the body is XML',
    request: (customer) => [
      'POST',
      '/v1/todos',
      as(customer, { raw: '<a/>', headers: { 'Content-Type': 'text/xml' } }),
    ],
    status: 415,
  },
  {
    when: 'the body breaks the schema',
    request: (customer) => ['POST', '/v1/todos', as(customer, { json: { title: '' } })],
    status: 422,
  },
  {
    when: 'the todo has another version',
    request: (customer) => [
      'PATCH',
      `/v1/todos/${customer.todo}`,
      as(customer, { json: { status: 'open' }, headers: { 'If-Match': '"0"' } }),
    ],
    status: 412,
  },
  {
    when: 'what is restored was never deleted',
    request: (customer) => ['POST', `/v1/todos/${customer.todo}/restore`, as(customer)],
    status: 409,
  },
  {
    when: 'the refresh token is none',
    request: () => ['POST', '/v1/sessions/refresh', { json: { refresh_token: 'none' } }],
    status: 401,
  },
  {
    when: 'the password is wrong',
    request: ({ email }) => ['POST', '/v1/sessions', { json: { email, password: 'not the password' } }],
    status: 401,
  },
];

/** The header fields that say where the customers come from: an API elsewhere is told nothing. */
const originAt = ({ clientsUrl }: ApiProof['stack']) =>
  clientsUrl === undefined ? {} : forwardedFor(anyTestAddress());

const newCustomer = (): Customer => ({
  email: `verify-${randomBytes(8).toString('hex')}@load.sightline.example`,
  password: randomBytes(16).toString('hex'),
  nextPassword: randomBytes(16).toString('hex'),
  token: '',
  refreshToken: '',
  todo: '',
  etag: '',
  otherSession: '',
});

/** A message may show an answer, and an answer tokens. */
const withoutTokens = (message: string) => message.replace(/("(?:access|refresh)_token":\s*")[^"]*/g, '$1…');

/** Makes one request. Throws CheckFailed when the answer isn't as declared or has another status. */
async function take(send: Send, customer: Customer, { request, status, keep }: Omit<Step, 'operation'>) {
  const [method, path, options] = request(customer);
  const answer = await send<Record<string, string>>(method, path, options).catch((error: Error) => {
    throw new CheckFailed([withoutTokens(error.message)]);
  });
  if (answer.status !== status)
    throw new CheckFailed([
      `${method} ${path} has to answer ${status}, and answered ${answer.status}: ` +
        withoutTokens(answer.text.slice(0, 500)),
    ]);
  keep?.(customer, answer);
  return answer;
}

/** The document that the API serves, and what checks answers by it. */
async function documentOf(apiUrl: string): Promise<{ document: OpenApiDocument; check: AnswerCheck }> {
  const { status, text } = await fetchText(`${apiUrl}/openapi.json`);
  if (status !== 200)
    throw new CheckFailed([`GET ${apiUrl}/openapi.json has to answer 200, and answered ${status}.`]);
  const document = JSON.parse(text) as OpenApiDocument;
  return { document, check: answerChecker(document) };
}

/** Does something as a user of its own, who is erased whatever comes of it. */
async function asCustomer(send: Send, work: (customer: Customer) => Promise<void>): Promise<void> {
  const customer = newCustomer();
  try {
    await work(customer);
  } finally {
    // Without effect after the golden path, whose last step it is.
    const { token, password } = customer;
    if (token !== '') await send('DELETE', '/v1/users/me', { token, json: { password } }).catch(() => {});
  }
}

export async function checkGoldenPath({ stack }: ApiProof): Promise<string> {
  const { apiUrl } = stack;
  const { document, check } = await documentOf(apiUrl);
  const operations = Object.values(document.paths ?? {}).flatMap((item) =>
    Object.values(item as Record<string, { operationId?: string }>).flatMap(
      ({ operationId }) => operationId ?? [],
    ),
  );
  const send = createClient(apiUrl, check, originAt(stack));
  await asCustomer(send, async (customer) => {
    for (const step of goldenPath) await take(send, customer, step);
  });
  const taken = new Set(goldenPath.map(({ operation }) => operation));
  expectNone(
    operations
      .filter((operation) => !taken.has(operation))
      .map((operation) => `The golden path lacks the operation ${operation} of the OpenAPI document.`),
  );
  return `${goldenPath.length} requests, all ${operations.length} operations, each answer as the document has it`;
}

export async function checkErrorPaths({ stack }: ApiProof): Promise<string> {
  const { apiUrl } = stack;
  const { check } = await documentOf(apiUrl);
  const send = createClient(apiUrl, check, originAt(stack));
  const beginning = goldenPath.slice(
    0,
    1 + goldenPath.findIndex(({ operation }) => operation === 'createTodo'),
  );
  const wrong: string[] = [];
  await asCustomer(send, async (customer) => {
    for (const step of beginning) await take(send, customer, step);
    for (const { when, ...mistake } of errorPaths) {
      const { headers, body } = await take(send, customer, mistake);
      if (body['request_id'] !== headers.get('x-request-id'))
        wrong.push(`When ${when}, the problem document and X-Request-Id have to have the same id.`);
    }
  });
  expectNone(wrong);
  return `${errorPaths.length} mistakes, each answered with its problem document`;
}
