import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { membersOf } from '../../src/todos/fields.ts';
import type { Todo } from '../../src/todos/schema.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('todos', () => {
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    api = await startApi();
    ({ token } = await api.newUser());
  });
  afterAll(() => api.stop());

  const create = async (json: object = { title: 'A todo' }) =>
    (await api.send<Todo>('POST', '/v1/todos', { token, json })).body;
  const events = (id: string) =>
    api
      .knex('todo_events')
      .where({ todo_id: id })
      .orderBy('id')
      .select('action', 'changes', 'request_id', 'actor_id');

  test('are created with defaults, and say where they are and at which version', async () => {
    const answer = await api.send<Todo>('POST', '/v1/todos', { token, json: { title: 'Buy milk' } });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      ...membersOf('default'),
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      title: 'Buy milk',
      description: null,
      status: 'open',
      priority: 'normal',
      labels: [],
      due_at: null,
      version: 1,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/),
      updated_at: answer.body.created_at,
      completed_at: null,
      deleted_at: null,
    });
    expect(answer.headers.get('location')).toBe(`/v1/todos/${answer.body.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
  });

  test('keep every value they are given, times in UTC to the microsecond', async () => {
    const given = {
      title: 'Ünïcödé 📝 " \\ </script>',
      description: 'two\nlines\t\u{1F469}\u200D\u{1F680}',
      status: 'in_progress',
      priority: 'urgent',
      labels: ['a,b', '{"x"}', 'NULL', '\\'],
      due_at: '2026-12-01T10:00:00.123456+02:00',
    };
    const created = await create(given);
    const expected = { ...given, due_at: '2026-12-01T08:00:00.123456Z' };
    expect(created).toMatchObject(expected);
    expect((await api.send('GET', `/v1/todos/${created.id}`, { token })).body).toEqual(created);
  });

  test.each([
    ['title', 'a'.repeat(200), 'a'.repeat(201)],
    ['title', '📝'.repeat(200), '📝'.repeat(201)],
    ['description', '📝'.repeat(10_000), '📝'.repeat(10_001)],
    ['labels', Array.from({ length: 20 }, (_, i) => `${i}`), Array.from({ length: 21 }, (_, i) => `${i}`)],
    ['labels', ['📝'.repeat(50)], ['📝'.repeat(51)]],
    ['due_at', '9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59-00:01'],
    ['due_at', '2026-12-01T00:00:00-15:59', '2026-12-01T00:00:00-16:00'],
    ['due_at', '1970-01-01T00:00:00Z', '1970-01-01T00:00:00+00:01'],
  ])('take %s up to its limit and no further', async (name, longest, tooLong) => {
    const [fits, refused] = await Promise.all(
      [longest, tooLong].map((value) =>
        api.send('POST', '/v1/todos', { token, json: { title: 'x', [name]: value } }),
      ),
    );
    expect(fits?.status).toBe(201);
    expect(refused?.status).toBe(422);
  });

  test('that are done say since when, and no longer when they are open again', async () => {
    const { id } = await create();
    const done = await api.send<Todo>('PATCH', `/v1/todos/${id}`, { token, json: { status: 'done' } });
    expect(done.body.completed_at).toBe(done.body.updated_at);
    const renamed = await api.send<Todo>('PATCH', `/v1/todos/${id}`, {
      token,
      json: { title: 'Still done' },
    });
    expect(renamed.body.completed_at).toBe(done.body.completed_at);
    const again = await api.send<Todo>('PATCH', `/v1/todos/${id}`, { token, json: { status: 'open' } });
    expect(again.body.completed_at).toBeNull();
    expect((await create({ title: 'x', status: 'done' })).completed_at).not.toBeNull();
  });

  describe('a merge-patch', () => {
    test('sets what it names, clears with null, and leaves the rest', async () => {
      const before = await create({
        title: 'Old',
        description: 'text',
        priority: 'high',
        due_at: '2027-01-01T00:00:00Z',
      });
      const answer = await api.send<Todo>('PATCH', `/v1/todos/${before.id}`, {
        token,
        json: { title: 'New', description: null, due_at: null },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('etag')).toBe('"2"');
      expect(answer.body).toEqual({
        ...before,
        title: 'New',
        description: null,
        due_at: null,
        version: 2,
        updated_at: answer.body.updated_at,
      });
      expect(answer.body.updated_at > before.updated_at).toBe(true);
    });

    test.each([['{}'], ['{"title":"Same","labels":["a"],"description":null}']])(
      'that changes nothing writes nothing: %s',
      async (raw) => {
        const before = await create({ title: 'Same', labels: ['a'] });
        const answer = await api.send('PATCH', `/v1/todos/${before.id}`, { token, raw });
        expect(answer.status).toBe(200);
        expect(answer.body).toEqual(before);
        expect(await events(before.id)).toHaveLength(1);
      },
    );

    test.each(['title', 'status', 'priority', 'labels'])('cannot clear %s', async (name) => {
      const { id } = await create();
      const answer = await api.send('PATCH', `/v1/todos/${id}`, { token, json: { [name]: null } });
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({ errors: [{ pointer: `#/${name}` }] });
    });

    test('may come as plain JSON', async () => {
      const { id } = await create();
      const headers = { 'Content-Type': 'application/json; charset=UTF-8' };
      expect(
        (await api.send('PATCH', `/v1/todos/${id}`, { token, headers, json: { title: 'x' } })).status,
      ).toBe(200);
    });
  });

  test('each change leaves one event, with who, by which request, and what', async () => {
    const user = await api.newUser();
    const ids: (string | null)[] = [];
    const change = async (method: string, path: string, json?: object) => {
      const answer = await api.send<Todo>(method, path, { token: user.token, json });
      ids.push(answer.headers.get('x-request-id'));
      return answer;
    };
    const { body } = await change('POST', '/v1/todos', { title: 'Before', priority: 'low' });
    const path = `/v1/todos/${body.id}`;
    await change('PATCH', path, { title: 'After', priority: 'low', labels: ['a'] });
    await change('DELETE', path);
    const [created, updated, deleted] = ids;
    expect(await events(body.id)).toEqual([
      { action: 'created', changes: {}, request_id: created, actor_id: user.id },
      {
        action: 'updated',
        changes: { title: { from: 'Before', to: 'After' }, labels: { from: [], to: ['a'] } },
        request_id: updated,
        actor_id: user.id,
      },
      { action: 'deleted', changes: {}, request_id: deleted, actor_id: user.id },
    ]);
  });

  test('no client gives two events one id, or one of another: its request id is beside the service’s own', async () => {
    const user = await api.newUser();
    const headers = { 'X-Request-Id': 'chosen-by-a-client' };
    const { body } = await api.send<Todo>('POST', '/v1/todos', {
      token: user.token,
      headers,
      json: { title: 'Twice' },
    });
    await api.send('DELETE', `/v1/todos/${body.id}`, { token: user.token, headers });
    const written = (await events(body.id)).map(({ request_id }) => request_id);
    expect(new Set(written).size).toBe(2);
    expect(written).toEqual(written.map(() => expect.stringMatching(/^[0-9a-f-]{36}$/)));
    const lines = () => api.logLines().filter((line) => line['http.request.id'] === headers['X-Request-Id']);
    // Of each request its line of the audit trail and its access line.
    await eventually(() => lines().length === 4);
    expect(lines().map((line) => line['transaction.id'])).toEqual(written.flatMap((id) => [id, id]));
  });

  test('deleted are gone from reading and lists, and listed apart', async () => {
    const user = await api.newUser();
    const { body: todo } = await api.send<Todo>('POST', '/v1/todos', {
      token: user.token,
      json: { title: 'Gone' },
    });
    const path = `/v1/todos/${todo.id}`;
    expect((await api.send('DELETE', path, { token: user.token })).status).toBe(204);
    for (const method of ['GET', 'DELETE']) {
      expect((await api.send(method, path, { token: user.token })).status).toBe(404);
    }
    expect((await api.send('PATCH', path, { token: user.token, json: { title: 'x' } })).status).toBe(404);
    expect((await api.send('GET', '/v1/todos', { token: user.token })).body).toEqual({
      items: [],
      next_cursor: null,
    });
    const { body } = await api.send<{ items: Todo[] }>('GET', '/v1/todos?deleted=only', {
      token: user.token,
    });
    expect(body.items).toEqual([
      { ...todo, version: 2, updated_at: expect.any(String), deleted_at: expect.any(String) },
    ]);
  });

  test('of another user are not there, whatever is tried', async () => {
    const { id } = await create();
    const other = await api.newUser();
    const tries = await Promise.all([
      api.send('GET', `/v1/todos/${id}`, { token: other.token }),
      api.send('PATCH', `/v1/todos/${id}`, { token: other.token, json: { title: 'mine' } }),
      api.send('PATCH', `/v1/todos/${id}`, { token: other.token, json: {} }),
      api.send('PATCH', `/v1/todos/${id}`, {
        token: other.token,
        headers: { 'If-Match': '"9"' },
        json: { title: 'mine' },
      }),
      api.send('DELETE', `/v1/todos/${id}`, { token: other.token }),
    ]);
    expect(tries.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await api.send('GET', `/v1/todos/${id}`, { token })).body).toMatchObject({
      title: 'A todo',
      version: 1,
    });
    expect(await events(id)).toHaveLength(1);
  });

  describe('conditions', () => {
    test.each([
      ['"1"', 200],
      ['*', 200],
      ['"7", "1"', 200],
      ['"2"', 412],
      ['W/"1"', 412],
      ['W/"1", "2"', 412],
      ['W/"1", "1"', 200],
      ['"abc", ""', 412],
      ['"99999999999999999999"', 412],
      ['1', 400],
      ['"1" "2"', 400],
      ['"1",', 400],
    ])('If-Match: %s on a todo at version 1 gets %i', async (ifMatch, status) => {
      const { id } = await create();
      const headers = { 'If-Match': ifMatch };
      const answer = await api.send('PATCH', `/v1/todos/${id}`, {
        token,
        headers,
        json: { title: 'Changed' },
      });
      expect(answer.status).toBe(status);
      if (status === 412) expect(answer.headers.get('etag')).toBe('"1"');
      expect(await events(id)).toHaveLength(status === 200 ? 2 : 1);
    });

    test.each([
      ['PATCH', '', { title: 'Changed' }],
      ['PATCH', '', {}],
      ['DELETE', '', undefined],
      ['POST', '/restore', undefined],
    ])('with a weak tag let no %s%s %j through, and say what would', async (method, path, json) => {
      const { id } = await create();
      if (path) await api.send('DELETE', `/v1/todos/${id}`, { token });
      const version = path ? 2 : 1;
      const answer = await api.send(method, `/v1/todos/${id}${path}`, {
        token,
        headers: { 'If-Match': `W/"${version}"` },
        json,
      });
      expect(answer.status).toBe(412);
      expect(answer.headers.get('etag')).toBe(`"${version}"`);
      expect(answer.body['detail']).toContain(`If-Match takes "${version}", without W/.`);
      expect(await events(id)).toHaveLength(version);
    });

    test('guard a patch without effect and a deletion as well', async () => {
      const { id } = await create();
      const headers = { 'If-Match': '"2"' };
      expect((await api.send('PATCH', `/v1/todos/${id}`, { token, headers, json: {} })).status).toBe(412);
      expect((await api.send('DELETE', `/v1/todos/${id}`, { token, headers })).status).toBe(412);
      expect((await api.send('GET', `/v1/todos/${id}`, { token })).status).toBe(200);
    });

    test('let exactly one of many writers at the same version through', async () => {
      const { id } = await create();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          api.send('PATCH', `/v1/todos/${id}`, {
            token,
            headers: { 'If-Match': '"1"' },
            json: { title: `writer ${i}` },
          }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
      expect(await events(id)).toHaveLength(2);
    });

    test.each([
      ['"1"', 304],
      ['W/"1"', 304],
      ['"0", "1"', 304],
      ['*', 304],
      ['"2"', 200],
    ])('If-None-Match: %s gets %i', async (ifNoneMatch, status) => {
      const { id } = await create();
      const answer = await api.send('GET', `/v1/todos/${id}`, {
        token,
        headers: { 'If-None-Match': ifNoneMatch },
      });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('etag')).toBe('"1"');
      expect(answer.text === '').toBe(status === 304);
    });
  });
});
