/** Whatever a client sends is refused by what is said of it, or is kept: the same from the API and from PostgreSQL. */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ZodObject } from 'zod';
import { entityTagList } from '../src/http/conditional.ts';
import { acceptableKey } from '../src/http/idempotency.ts';
import { describeApi } from '../src/openapi/describe.ts';
import { credentials, refreshRequest, sessionId } from '../src/sessions/schema.ts';
import {
  newTodo,
  type Todo,
  type TodoPage,
  todoHistoryQuery,
  todoId,
  todoListQuery,
  todoPatch,
} from '../src/todos/schema.ts';
import { weaknessOf } from '../src/users/new-password.ts';
import { passwordChange, passwordConfirmation, registration } from '../src/users/schema.ts';
import { type Answer, startApi, type TestApi, type TestUser, type Tokens } from './support/api.ts';
import { createValues } from './support/values.ts';

/** To be given back by VALUES_SEED, when a run has failed. */
const seed = Number(process.env['VALUES_SEED'] ?? randomInt(2 ** 31));
const values = createValues(await describeApi(), seed);
const { pick } = values;

let api: TestApi;
let user: TestUser;
let token: string;
beforeAll(async () => {
  api = await startApi();
  user = await api.newUser();
  ({ token } = user);
});
afterAll(() => api.stop());

/** Does to each what takes requests, some at once. What is random is made before: the order of answers is not. */
async function forEach<Thing>(things: readonly Thing[], act: (thing: Thing) => Promise<void>): Promise<void> {
  const left = things.values();
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (const thing of left) await act(thing);
    }),
  );
}
const times = <Thing>(count: number, make: () => Thing) => Array.from({ length: count }, make);
const bodies = (count: number, operation: string, { shape }: ZodObject) =>
  times(count, () =>
    values.body(operation, (member, value) => shape[member]?.safeParse(value).success ?? false),
  );

/** Sent as JSON, with `__proto__` and `-0` as they are. */
const post = <Body = Record<string, unknown>>(path: string, json: unknown, headers = {}) =>
  api.send<Body>('POST', path, { token, json, headers });
const patch = (id: string, json: unknown, headers = {}) =>
  api.send<Todo>('PATCH', `/v1/todos/${id}`, { token, json, headers });
const get = <Body>(path: string, headers = {}) => api.send<Body>('GET', path, { token, headers });
/** @param sent shown beside an answer that has none of the statuses */
function expectStatus(
  { status, text }: Answer<unknown>,
  expected: number | readonly number[],
  sent: unknown,
): void {
  if (![expected].flat().includes(status))
    expect({ sent, status, text }).toEqual({ sent, status: expected, text });
}
/** In a query or a path no lone surrogate can be written. */
const written = (text: string) => encodeURIComponent(text.toWellFormed());

const micro = (time: string | null) =>
  time === null ? null : time.replace(/(?:\.(\d+))?Z$/, (_, fraction = '') => `.${fraction.padEnd(6, '0')}Z`);
/** The fields that a client sets of a todo. */
const sentOf = ({ title, description, status, priority, labels, due_at }: Todo) => ({
  title,
  description,
  status,
  priority,
  labels,
  due_at,
});
/** The same, times with all their digits. */
const setOf = (todo: Todo) => ({ ...sentOf(todo), due_at: micro(todo.due_at) });
/** Batches as large as a body may be: values of random lengths may be more than one body takes. */
function batchesOf(todos: readonly Todo[]): Todo[][] {
  const batches: Todo[][] = [];
  let room = 0;
  for (const todo of todos) {
    const bytes = Buffer.byteLength(JSON.stringify(sentOf(todo))) + ','.length;
    if (room < bytes) {
      batches.push([]);
      room = api.config.BODY_LIMIT_BYTES - '{"items":[]}'.length;
    }
    batches.at(-1)?.push(todo);
    room -= bytes;
  }
  return batches;
}
/** The same by PostgreSQL, past the driver's reading of arrays and times. */
async function kept(id: string): Promise<unknown> {
  const { rows } = await api.knex.raw(
    `select title, description, status, priority, to_json(labels) as labels,
       to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as due_at from todos where id = ?`,
    [id],
  );
  return rows[0];
}

describe(`any value (VALUES_SEED=${seed})`, () => {
  const todos: Todo[] = [];

  test('of a new todo is refused, or is what is read, kept, found by its labels, and the same when it is sent again', async () => {
    await forEach(bodies(160, 'createTodo', newTodo), async (json) => {
      const answer = await post<Todo>('/v1/todos', json);
      const isTaken = newTodo.safeParse(json).success;
      expectStatus(answer, isTaken ? 201 : 422, json);
      if (!isTaken) return;
      const todo = answer.body;
      todos.push(todo);
      const { title, labels } = todo;
      for (const line of [title, ...labels]) expect(line).toBe(line.normalize().trim());
      expect(new Set(labels).size).toBe(labels.length);
      expect(Math.max(...labels.map((label) => [...label].length), 1)).toBeLessThanOrEqual(50);
      expect((await get(`/v1/todos/${todo.id}`)).body).toEqual(todo);
      expect(await kept(todo.id)).toEqual(setOf(todo));
      expect((await patch(todo.id, json)).body).toEqual(todo);
      const label = (json['labels'] as string[] | undefined)?.at(-1);
      if (label === undefined || [...label].length > 50) return;
      const { body } = await get<TodoPage>(`/v1/todos?limit=100&label=${written(label)}`);
      expect(body.items.map(({ id }) => id)).toContain(todo.id);
    });
    expect(todos.length).toBeGreaterThan(40);
    for (const batch of batchesOf(todos.slice(0, 100))) {
      const again = await post<{ items: Todo[] }>('/v1/todos/batch', { items: batch.map(sentOf) });
      expectStatus(again, 201, batch);
      expect(again.body.items.map(setOf)).toEqual(batch.map(setOf));
      for (const { id, ...todo } of again.body.items.slice(0, 20))
        expect(await kept(id)).toEqual(setOf({ id, ...todo }));
    }
  });

  test('in a batch is refused with all of it, or kept with all', async () => {
    // Of whole ones, since a value for `items` would be a hundred todos each time.
    values.made.add('createTodos items');
    const batches = [
      ...times(20, () => bodies(values.pick([0, 1, 2, 3]), 'createTodo', newTodo)),
      ...[100, 101].map((length) => times(length, () => ({ title: 'One of many' }))),
    ];
    await forEach(batches, async (items) => {
      const answer = await post<{ items: Todo[] }>('/v1/todos/batch', { items });
      const isTaken =
        items.length > 0 && items.length <= 100 && items.every((item) => newTodo.safeParse(item).success);
      expectStatus(answer, isTaken ? 201 : 422, items);
      if (isTaken)
        for (const todo of answer.body.items.slice(0, 3)) expect(await kept(todo.id)).toEqual(setOf(todo));
    });
  });

  test('of a patch is refused, and changes nothing, or is kept beside what was there', async () => {
    const patches = bodies(100, 'updateTodo', todoPatch).map((json, n) => ({
      json,
      todo: todos[n % todos.length] as Todo,
    }));
    // One after the other, since several are for one todo.
    const current = new Map(todos.map((todo) => [todo.id, todo]));
    for (const {
      json,
      todo: { id },
    } of patches) {
      const before = current.get(id) as Todo;
      const answer = await patch(id, json);
      const { success, data } = todoPatch.safeParse(json);
      expectStatus(answer, success ? 200 : 422, json);
      if (success) current.set(id, answer.body);
      expect(await kept(id)).toEqual(setOf({ ...before, ...data } as Todo));
    }
  });

  const queried = (operation: string, names: readonly string[]) => () =>
    names
      .filter(() => values.below(3) === 0)
      .flatMap((name) =>
        times(pick([1, 1, 1, 1, 2]), () => [name, values.parameter(operation, name).toWellFormed()] as const),
      );
  const inQuery = (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([name, value]) => `${name}=${written(value)}`).join('&');
  const asRead = (pairs: readonly (readonly [string, string])[]) =>
    Object.fromEntries(
      [...Map.groupBy(pairs, ([name]) => name)].map(([name, all]) => [
        name,
        all.length === 1 ? all[0]?.[1] : all.map(([, value]) => value),
      ]),
    );

  test.each([
    { operation: 'listTodos', schema: todoListQuery as ZodObject, count: 250 },
    { operation: 'getTodoHistory', schema: todoHistoryQuery as ZodObject, count: 60 },
  ])(
    'in the query of $operation is refused, or limits what is found',
    async ({ operation, schema, count }) => {
      const path = operation === 'listTodos' ? '/v1/todos' : `/v1/todos/${todos[0]?.id}/history`;
      let taken = 0;
      await forEach(times(count, queried(operation, Object.keys(schema.shape))), async (pairs) => {
        const query = inQuery(pairs);
        const answer = await get<TodoPage>(`${path}?${query}`);
        const { success, data } = schema.safeParse(asRead(pairs));
        const hasNul = pairs.some(([, value]) => value.includes('\0'));
        const expected = !success || hasNul ? [400] : data['cursor'] === undefined ? [200] : [200, 400];
        expectStatus(answer, expected, query);
        if (answer.status !== 200) return;
        taken += 1;
        expect(answer.body.items.length).toBeLessThanOrEqual(Number(data?.['limit']));
      });
      expect(taken).toBeGreaterThan(count / 20);
    },
  );

  test('of an id in a path is refused, or finds the todo, or nothing', async () => {
    const own = todos.slice(0, 20).map(({ id }) => pick([id, id.toUpperCase()]));
    const ids = [
      ...own,
      ...times(60, () =>
        pick(
          ['getTodo', 'updateTodo', 'deleteTodo', 'restoreTodo', 'getTodoHistory'].map((operation) =>
            values.parameter(operation, 'id'),
          ),
        ),
      ),
    ];
    const requests = ids
      .filter((id) => id !== '')
      .map((id) => ({
        id,
        way: pick([
          ['GET', ''],
          ['GET', '/history'],
          ['PATCH', ''],
          ['DELETE', ''],
          ['POST', '/restore'],
        ] as const),
      }));
    await forEach(requests, async ({ id, way: [method, rest] }) => {
      const isOwn = own.includes(id);
      const json = method === 'PATCH' && !isOwn ? { json: {} } : {};
      const answer = await api.send(isOwn ? 'GET' : method, `/v1/todos/${written(id)}${isOwn ? '' : rest}`, {
        token,
        ...json,
      });
      const found = isOwn ? 200 : 404;
      expectStatus(answer, todoId.safeParse({ id }).success ? found : 400, id);
      if (isOwn) expect(answer.body['id']).toBe(id.toLowerCase());
    });
  });

  test('of the id of a session is refused, or finds none', async () => {
    await forEach(
      times(40, () => values.parameter('endSession', 'id')).filter((id) => id !== ''),
      async (id) => {
        const answer = await api.send('DELETE', `/v1/sessions/${written(id)}`, { token });
        expectStatus(answer, sessionId.safeParse({ id }).success ? 404 : 400, id);
      },
    );
  });

  test('of If-Match and If-None-Match is refused, or is compared with the version, also a large one', async () => {
    const { id } = (await post<Todo>('/v1/todos', { title: 'Versions' })).body;
    for (const version of [1, 999_999_999, 1_000_000_000, 2_147_483_647]) {
      await api.knex('todos').where({ id }).update({ version });
      const tags = [`"${version}"`, `"0", "${version}"`, `W/"${version}"`].concat(
        times(30, () => values.parameter('updateTodo', 'If-Match')),
      );
      await forEach(tags, async (header) => {
        // A patch of nothing writes nothing.
        const answer = await patch(id, {}, { 'If-Match': header });
        const value = header.trim();
        const has = value === '' || value === '*' || value.split(/\s*,\s*/).includes(`"${version}"`);
        const expected = has ? 200 : 412;
        const isList = ['', '*'].includes(value) || entityTagList.test(value);
        expectStatus(answer, isList ? expected : 400, { version, header });
      });
      const others = [`"${version}"`, `W/"${version}"`].concat(
        times(15, () => values.parameter('getTodo', 'If-None-Match')),
      );
      await forEach(others, async (header) => {
        const value = header.trim();
        const isSame =
          value === '*' ||
          (entityTagList.test(value) &&
            value.split(/\s*,\s*/).some((tag) => tag.replace('W/', '') === `"${version}"`));
        expectStatus(await get(`/v1/todos/${id}`, { 'If-None-Match': header }), isSame ? 304 : 200, {
          version,
          header,
        });
      });
    }
    await api.knex('todos').where({ id }).update({ version: 1 });
    await forEach(
      times(20, () => values.parameter(pick(['deleteTodo', 'restoreTodo']), 'If-Match')),
      async (header) => {
        const answer = await api.send('DELETE', `/v1/todos/${id}`, {
          token,
          headers: { 'If-Match': header },
        });
        expectStatus(answer, [204, 400, 404, 412], header);
      },
    );
  });

  test('of an idempotency key is refused, or is one key', async () => {
    const keys = [...new Set(times(60, () => values.parameter('createTodo', 'Idempotency-Key').trim()))];
    await forEach(keys, async (key) => {
      const send = () => post<Todo>('/v1/todos', { title: 'Once' }, { 'Idempotency-Key': key });
      const answers = [await send(), await send()];
      const isTaken = acceptableKey.test(key);
      for (const answer of answers) expectStatus(answer, isTaken ? 201 : 400, key);
      if (!isTaken) return;
      expect(answers[1]?.text).toBe(answers[0]?.text);
      expect(await api.knex('idempotency_keys').where({ user_id: user.id, key })).toHaveLength(1);
    });
  });

  test('of the ids of request and trace is taken or replaced, and never is the id in the history', async () => {
    const headers = times(40, () => ({
      'X-Request-Id': values.parameter('createTodo', 'X-Request-Id'),
      traceparent: values.parameter('createTodo', 'traceparent'),
    }));
    await forEach(headers, async (sent) => {
      const answer = await post<Todo>('/v1/todos', { title: 'Traced' }, sent);
      expectStatus(answer, 201, sent);
      const [event] = await api.knex('todo_events').where({ todo_id: answer.body.id });
      const answered = answer.headers.get('x-request-id');
      expect(event.request_id).toMatch(/^[0-9a-f-]{36}$/);
      expect([sent['X-Request-Id'].trim(), event.request_id]).toContain(answered);
    });
  });

  test('of a cursor, changed or of somebody else, is refused, or is a place in the list of who asks', async () => {
    const stranger = await api.newUser();
    const theirs = await api.send<Todo>('POST', '/v1/todos', {
      token: stranger.token,
      json: { title: 'theirs' },
    });
    await api.send('POST', '/v1/todos', { token: stranger.token, json: { title: 'more' } });
    const sorts = todoListQuery.shape.sort.unwrap().options;
    const cursors = await Promise.all(
      sorts.map(async (sort) => {
        const { body } = await api.send<TodoPage>('GET', `/v1/todos?limit=1&sort=${sort}`, {
          token: stranger.token,
        });
        return { sort, cursor: body.next_cursor as string };
      }),
    );
    const changed = times(200, () => {
      const { sort, cursor } = pick(cursors);
      return {
        path: `/v1/todos?limit=5&sort=${sort}`,
        cursor: values.cursor(JSON.parse(Buffer.from(cursor, 'base64url').toString())),
      };
    });
    const history = times(40, () => ({
      path: `/v1/todos/${todos[0]?.id}/history?limit=5`,
      cursor: values.cursor(['event', theirs.body.id]),
    }));
    const theirOwn = cursors.map(({ sort, cursor }) => ({ path: `/v1/todos?limit=5&sort=${sort}`, cursor }));
    const statuses = new Set<unknown>();
    await forEach([...changed, ...history, ...theirOwn], async ({ path, cursor }) => {
      const answer = await get<TodoPage>(`${path}&cursor=${written(cursor)}`);
      statuses.add(answer.status);
      expectStatus(answer, [200, 400], { path, cursor });
      if (answer.status === 200) expect(answer.text).not.toContain('theirs');
    });
    expect(statuses).toEqual(new Set([200, 400]));
  });

  test('of a user is refused, or is kept, logs in as it was written, and is one user', async () => {
    let registered = 0;
    await forEach(bodies(80, 'registerUser', registration), async (json) => {
      const answer = await post('/v1/users', json);
      const { success, data } = registration.safeParse(json);
      const isTaken = success && weaknessOf(data.password, data) === undefined;
      expectStatus(answer, isTaken ? [201, 409] : 422, json);
      if (answer.status !== 201 || !data) return;
      registered += 1;
      const { id, email, name } = answer.body;
      expect(String(email)).toMatch(/^[!-?A-~]{1,64}@[a-z0-9.-]+$/);
      const { rows } = await api.knex.raw('select email, name from users where id = ?', [String(id)]);
      expect(rows).toEqual([{ email, name }]);
      expectStatus(await post('/v1/users', { ...json, email }), 409, email);
      for (const its of [json['email'], email]) {
        const { status, body } = await post<Tokens>('/v1/sessions', {
          email: its,
          password: json['password'],
        });
        expect({ json, status }).toEqual({ json, status: 201 });
        const me = await api.send('GET', '/v1/users/me', { token: body.access_token });
        expect(me.body).toEqual(answer.body);
      }
    });
    expect(registered).toBeGreaterThan(10);
  });

  test('of credentials, passwords and refresh tokens is refused, and no error', async () => {
    const requests = [
      ...bodies(60, 'logIn', credentials).map((json) => ({
        method: 'POST',
        path: '/v1/sessions',
        json,
        schema: credentials as ZodObject,
      })),
      ...bodies(40, 'refreshSession', refreshRequest).map((json) => ({
        method: 'POST',
        path: '/v1/sessions/refresh',
        json,
        schema: refreshRequest as ZodObject,
      })),
      ...bodies(40, 'changePassword', passwordChange).map((json) => ({
        method: 'PUT',
        path: '/v1/users/me/password',
        json,
        schema: passwordChange as ZodObject,
      })),
      ...bodies(40, 'deleteCurrentUser', passwordConfirmation).map((json) => ({
        method: 'DELETE',
        path: '/v1/users/me',
        json,
        schema: passwordConfirmation as ZodObject,
      })),
    ];
    await forEach(requests, async ({ method, path, json, schema }) => {
      const expected = schema.safeParse(json).success ? [401, 429] : 422;
      expectStatus(await api.send(method, path, { token, json }), expected, { path, json });
    });
  });

  test('was made for each parameter and each member of a body that the API declares', () => {
    const lacking = values.parts.filter((part) => !values.made.has(part));
    expect(lacking).toEqual([]);
  });
});
