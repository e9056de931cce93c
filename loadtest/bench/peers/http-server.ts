/** All but the connection to PostgreSQL of the two peers without a framework. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import { pageOf, readCursor } from './page.ts';
import { host, ownerId, tellPort } from './settings.ts';
import { creation, getTodo, listTodos, listTodosAfter, type NewTodo, type Todo } from './statements.ts';

/** Carries out a statement. */
export type Query = (statement: pg.QueryConfig<unknown[]>) => Promise<Todo[]>;

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  };
  response.writeHead(status, headers).end(text);
}

function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('error', reject).on('end', () => resolve(JSON.parse(text)));
  });
}

const prefix = '/v1/todos/';

/** Serves the todos of one owner on a free port. */
export function serve(query: Query): void {
  const owner = ownerId();

  async function get(response: ServerResponse, id: string): Promise<void> {
    const [todo] = await query({ ...getTodo, values: [id, owner] });
    if (todo === undefined) send(response, 404, { error: 'not found' });
    else send(response, 200, todo);
  }

  async function list(response: ServerResponse, parameters: URLSearchParams): Promise<void> {
    const limit = Number(parameters.get('limit') ?? 20);
    const cursor = parameters.get('cursor');
    const after = cursor === null ? undefined : readCursor(cursor);
    const rows = await query(
      after === undefined
        ? { ...listTodos, values: [owner, limit + 1] }
        : { ...listTodosAfter, values: [owner, limit + 1, after.createdAt, after.id] },
    );
    send(response, 200, pageOf(rows, limit));
  }

  async function create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const todo = (await readJson(request)) as NewTodo;
    const [created] = await query(creation(owner, todo, randomUUID()));
    send(response, 201, created);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    const [path = '', parameters] = url.split('?', 2);
    if (method === 'GET' && path.startsWith(prefix)) await get(response, path.slice(prefix.length));
    else if (method === 'GET' && path === '/v1/todos') await list(response, new URLSearchParams(parameters));
    else if (method === 'POST' && path === '/v1/todos') await create(request, response);
    else send(response, 404, { error: 'not found' });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      send(response, 500, { error: 'internal error' });
    });
  });
  server.listen(0, host, () => tellPort((server.address() as AddressInfo).port));
}
