/**
 * Fastify and pg's pool with what a service in production has: an access line of pino for each request, a counter and
 * a histogram of prom-client, requests checked by schema, and the access token verified.
 */
import type { AddressInfo } from 'node:net';
import fastifyJwt from '@fastify/jwt';
import Fastify from 'fastify';
import pg from 'pg';
import { Counter, collectDefaultMetrics, Histogram, register } from 'prom-client';
import { body, type Get, type List, page, params, querystring, todo } from './fastify-schemas.ts';
import { pageOf, readCursor } from './page.ts';
import { accessTokens, connection, host, poolSize, tellPort } from './settings.ts';
import { creation, getTodo, listTodos, listTodosAfter, type NewTodo, type Todo } from './statements.ts';

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: { sub: string };
    user: { sub: string };
  }
}

const pool = new pg.Pool({ ...connection, max: poolSize });
const { publicKey, issuer, audience } = accessTokens();
const app = Fastify({ logger: true, disableRequestLogging: true });

collectDefaultMetrics();
const labelNames = ['method', 'route', 'status'] as const;
const requests = new Counter({ name: 'http_requests_total', help: 'Requests.', labelNames });
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'How long requests took.',
  labelNames,
});

app.addHook('onResponse', (request, reply, done) => {
  const labels = {
    method: request.method,
    route: request.routeOptions.url ?? 'unmatched',
    status: reply.statusCode,
  };
  requests.inc(labels);
  durations.observe(labels, reply.elapsedTime / 1000);
  request.log.info({ req: request, res: reply, responseTime: reply.elapsedTime }, 'request completed');
  done();
});

app.get('/metrics', async (_request, reply) => {
  const text = await register.metrics();
  return reply.type(register.contentType).send(text);
});

await app.register(fastifyJwt, {
  secret: { public: publicKey },
  verify: { algorithms: ['EdDSA'], allowedIss: issuer, allowedAud: audience },
});

await app.register((todos, _options, done) => {
  todos.addHook('onRequest', async (request) => {
    await request.jwtVerify();
  });

  todos.get<Get>('/v1/todos/:id', { schema: { params, response: { 200: todo } } }, async (request, reply) => {
    const { rows } = await pool.query<Todo>({ ...getTodo, values: [request.params.id, request.user.sub] });
    const [found] = rows;
    return found ?? reply.code(404).send({ error: 'not found' });
  });

  todos.get<List>('/v1/todos', { schema: { querystring, response: { 200: page } } }, async (request) => {
    const { limit = 20, cursor } = request.query;
    const owner = request.user.sub;
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const { rows } = await pool.query<Todo>(
      after === undefined
        ? { ...listTodos, values: [owner, limit + 1] }
        : { ...listTodosAfter, values: [owner, limit + 1, after.createdAt, after.id] },
    );
    return pageOf(rows, limit);
  });

  todos.post<{ Body: NewTodo }>(
    '/v1/todos',
    { schema: { body, response: { 201: todo } } },
    async (request, reply) => {
      const { rows } = await pool.query<Todo>(creation(request.user.sub, request.body, request.id));
      return reply.code(201).send(rows[0]);
    },
  );
  done();
});

await app.listen({ host, port: 0 });
tellPort((app.server.address() as AddressInfo).port);
