/** Fastify and pg's pool: answers by schema, as its documentation recommends, and nothing else switched on. */
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import pg from 'pg';
import { type Get, type List, page, todo } from './fastify-schemas.ts';
import { pageOf, readCursor } from './page.ts';
import { connection, host, ownerId, poolSize, tellPort } from './settings.ts';
import { creation, getTodo, listTodos, listTodosAfter, type NewTodo, type Todo } from './statements.ts';

const pool = new pg.Pool({ ...connection, max: poolSize });
const owner = ownerId();
const app = Fastify();

app.get<Get>('/v1/todos/:id', { schema: { response: { 200: todo } } }, async (request, reply) => {
  const { rows } = await pool.query<Todo>({ ...getTodo, values: [request.params.id, owner] });
  const [found] = rows;
  return found ?? reply.code(404).send({ error: 'not found' });
});

app.get<List>('/v1/todos', { schema: { response: { 200: page } } }, async (request) => {
  const { cursor } = request.query;
  const limit = Number(request.query.limit ?? 20);
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const { rows } = await pool.query<Todo>(
    after === undefined
      ? { ...listTodos, values: [owner, limit + 1] }
      : { ...listTodosAfter, values: [owner, limit + 1, after.createdAt, after.id] },
  );
  return pageOf(rows, limit);
});

app.post<{ Body: NewTodo }>('/v1/todos', { schema: { response: { 201: todo } } }, async (request, reply) => {
  const { rows } = await pool.query<Todo>(creation(owner, request.body, request.id));
  return reply.code(201).send(rows[0]);
});

await app.listen({ host, port: 0 });
tellPort((app.server.address() as AddressInfo).port);
