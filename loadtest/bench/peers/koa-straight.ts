/**
 * Koa with the packages of this service, put together as their documentation does and with nothing tuned: @koa/router,
 * a body parser, Objection on Knex, jose, zod, pino and prom-client.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { importSPKI, jwtVerify } from 'jose';
import knex from 'knex';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { Model } from 'objection';
import { pino } from 'pino';
import { Counter, collectDefaultMetrics, Histogram, register } from 'prom-client';
import { z } from 'zod';
import { pageOf, readCursor } from './page.ts';
import { accessTokens, connection, host, poolSize, tellPort } from './settings.ts';
import { columns, type Todo } from './statements.ts';

const database = knex({ client: 'pg', connection, pool: { min: 0, max: poolSize } });
Model.knex(database);

class TodoModel extends Model {
  static override tableName = 'todos';
}

const params = z.object({ id: z.uuid() });
const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(500).optional(),
});
const newTodo = z.strictObject({
  title: z.string().min(1).max(200),
  description: z.string().max(10_000).nullable().default(null),
  status: z.enum(['open', 'in_progress', 'done']).default('open'),
  priority: z.enum(['low', 'normal', 'high', 'urgent']).default('normal'),
  labels: z.array(z.string().min(1).max(50)).max(20).default([]),
  due_at: z.iso.datetime({ offset: true }).nullable().default(null),
});

const createTodo = `with created as (
    insert into todos (owner_id, title, description, status, priority, labels, due_at, completed_at)
    values (:owner, :title, :description, :status, :priority, :labels, :due_at,
      case when :status = 'done' then now() end)
    returning ${columns.join(', ')}
  ), event as (
    insert into todo_events (todo_id, actor_id, request_id, action, changes)
    select id, :owner, :request, 'created', '{}' from created
  )
  select * from created`;

const log = pino();
collectDefaultMetrics();
const labelNames = ['method', 'route', 'status'] as const;
const requests = new Counter({ name: 'http_requests_total', help: 'Requests.', labelNames });
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'How long requests took.',
  labelNames,
});

interface State {
  userId: string;
}
const app = new Koa<State>();
const router = new Router<State>();
const { publicKey, issuer, audience } = accessTokens();
const key = await importSPKI(publicKey, 'EdDSA');

app.use(async (ctx, next) => {
  const begun = performance.now();
  try {
    await next();
  } catch (error) {
    if (error instanceof z.ZodError) {
      ctx.status = 400;
      ctx.body = { error: error.issues };
    } else {
      const { status = 500, message } = error as { status?: number; message: string };
      if (status >= 500) log.error(error);
      ctx.status = status;
      ctx.body = { error: status >= 500 ? 'internal error' : message };
    }
  }
  const seconds = (performance.now() - begun) / 1000;
  const labels = {
    method: ctx.method,
    route: String(ctx['_matchedRoute'] ?? 'unmatched'),
    status: ctx.status,
  };
  requests.inc(labels);
  durations.observe(labels, seconds);
  log.info({ method: ctx.method, url: ctx.url, status: ctx.status, seconds }, 'request completed');
});

router.get('/metrics', async (ctx) => {
  ctx.type = register.contentType;
  ctx.body = await register.metrics();
});

router.use('/v1', async (ctx, next) => {
  const token = /^Bearer (.+)$/.exec(ctx.get('Authorization'))?.[1];
  if (token === undefined) return ctx.throw(401, 'no access token');
  try {
    const { payload } = await jwtVerify(token, key, { issuer, audience, requiredClaims: ['sub'] });
    ctx.state.userId = payload.sub ?? '';
  } catch {
    ctx.throw(401, 'the access token is not valid');
  }
  await next();
});

router.get('/v1/todos/:id', async (ctx) => {
  const { id } = params.parse(ctx['params']);
  const todo = await TodoModel.query()
    .select(...columns)
    .findOne({ id, owner_id: ctx.state.userId })
    .whereNull('deleted_at');
  if (!todo) ctx.throw(404, 'not found');
  ctx.body = todo;
});

router.get('/v1/todos', async (ctx) => {
  const { limit, cursor } = query.parse(ctx.query);
  const rows = TodoModel.query()
    .select(...columns)
    .where('owner_id', ctx.state.userId)
    .whereNull('deleted_at')
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
  if (cursor !== undefined) {
    const { createdAt, id } = readCursor(cursor);
    rows.whereRaw('(created_at, id) < (?::timestamptz, ?::uuid)', [createdAt, id]);
  }
  ctx.body = pageOf((await rows) as unknown as Todo[], limit);
});

router.post('/v1/todos', async (ctx) => {
  const todo = newTodo.parse(ctx.request.body);
  const owner = ctx.state.userId;
  const result = await database.raw<{ rows: Todo[] }>(createTodo, { ...todo, owner, request: randomUUID() });
  ctx.status = 201;
  ctx.body = result.rows[0];
});

app.use(bodyParser());
app.use(router.routes());
app.use(router.allowedMethods());
const server = app.listen(0, host, () => tellPort((server.address() as AddressInfo).port));
