import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

describe('what comes back from PostgreSQL', () => {
  let api: TestApi;
  let user: TestUser;
  beforeAll(async () => {
    api = await startApi();
    user = await api.newUser();
  });
  afterAll(() => api.stop());

  const labels = [
    [],
    ['plain'],
    ['a', 'b', 'c'],
    ['with space', 'ümläut', '🦊'],
    ['comma,inside', '{braces}', '"quotes"', 'back\\slash', "it's"],
    ['NULL', 'null', 'nullable', 'annulled'],
  ];
  test.each(labels.map((list) => ({ list })))('are the labels $list as they were sent', async ({ list }) => {
    const { body } = await api.send<{ id: string; labels: string[] }>('POST', '/v1/todos', {
      token: user.token,
      json: { title: 'Labelled', labels: list },
    });
    expect(body.labels).toEqual(list);
    const { body: read } = await api.send('GET', `/v1/todos/${body.id}`, { token: user.token });
    expect(read['labels']).toEqual(list);
  });

  const times = [
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999Z'],
    [`2026-01-01T00:00:00.${'9'.repeat(500)}Z`, '2026-01-01T00:00:00.999999Z'],
    ['2026-01-01T01:30:00.1200+01:30', '2026-01-01T00:00:00.12Z'],
    ['2026-01-01T00:00:00-00:00', '2026-01-01T00:00:00Z'],
    ['2026-01-01T00:00:00.0000000Z', '2026-01-01T00:00:00Z'],
  ] as const;
  test.each(times)('of the time %s is %s', async (given, kept) => {
    const json = { title: 'Due', due_at: given };
    const { status, body } = await api.send('POST', '/v1/todos', { token: user.token, json });
    expect({ status, due: body['due_at'] }).toEqual({ status: 201, due: kept });
  });

  /** Marsaglia's xorshift: the same values each time. */
  function numbers(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % below;
    };
  }

  test('is any time that is taken, to the microsecond, in bodies, queries and cursors; none is an error', async () => {
    const below = numbers(22);
    const two = (limit: number) => String(below(limit)).padStart(2, '0');
    const pick = <Value>(...values: readonly Value[]) => values[below(values.length)] as Value;
    let taken = 0;
    for (let n = 0; n < 150; n += 1) {
      const digits = Array.from({ length: pick(0, 1, 3, 6, 7, 9, 300) }, () =>
        pick('0', '9', two(10).slice(1)),
      ).join('');
      const time = `${pick('1969', '1970', '2026', '9999')}-${pick('01', '02', '12')}-${pick('01', '29', '31')}T${pick('00', '23', two(24))}:${two(60)}:${pick('00', '59', '60')}${digits && '.'}${digits}${pick('Z', '+15:59', '-15:59', '-00:00', '+16:00')}`;
      const json = { title: 'Due', due_at: time };
      const { status, body } = await api.send('POST', '/v1/todos', { token: user.token, json });
      const query = await api.send('GET', `/v1/todos?due_after=${encodeURIComponent(time)}&limit=1`, {
        token: user.token,
      });
      const key = ['due_at', time, '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01'];
      const cursor = Buffer.from(JSON.stringify(key)).toString('base64url').slice(0, 600);
      const page = await api.send('GET', `/v1/todos?sort=due_at&cursor=${cursor}`, { token: user.token });
      expect({ time, query: query.status }).toEqual({ time, query: status === 201 ? 200 : 400 });
      expect({ time, page: page.status }).toEqual({
        time,
        page: status === 201 && cursor.length <= 500 ? 200 : 400,
      });
      if (status !== 201) continue;
      taken += 1;
      const [, fraction = ''] = /\.(\d+)/.exec(String(body['due_at'])) ?? [];
      expect({ time, fraction: fraction.padEnd(6, '0') }).toEqual({
        time,
        fraction: digits.slice(0, 6).padEnd(6, '0'),
      });
      expect(Date.parse(String(body['due_at']).replace(/\.\d+/, ''))).toBe(
        Date.parse(time.replace(/\.\d+/, '')),
      );
    }
    expect(taken).toBeGreaterThan(20);
  });

  test.each(['!', '=', ' ', '.', 'A'])('is refused of a good cursor with %j behind it', async (junk) => {
    for (const title of ['a', 'b'])
      await api.send('POST', '/v1/todos', { token: user.token, json: { title } });
    const { body } = await api.send('GET', '/v1/todos?limit=1', { token: user.token });
    const path = `/v1/todos?limit=1&cursor=${body['next_cursor']}`;
    expect((await api.send('GET', path, { token: user.token })).status).toBe(200);
    const answer = await api.send('GET', `${path}${encodeURIComponent(junk)}`, { token: user.token });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '?cursor' }] } });
  });

  test('is a title trimmed and composed, with what emoji and Persian need', async () => {
    const json = {
      title: ' \u200b Cafe\u0301 ❤\ufe0f 👩\u200d🚀 می\u200cخواهم \u00a0',
      labels: [' e\u0301 '],
    };
    const { body } = await api.send('POST', '/v1/todos', { token: user.token, json });
    expect(body).toMatchObject({ title: 'Café ❤\ufe0f 👩\u200d🚀 می\u200cخواهم', labels: ['é'] });
    const found = await api.send<{ items: unknown[] }>('GET', '/v1/todos?label=e%CC%81', {
      token: user.token,
    });
    expect(found.body.items).toHaveLength(1);
  });

  test('is an old title that would be refused today, and the todo is patched all the same', async () => {
    const [row] = await api
      .knex('todos')
      .insert({ owner_id: user.id, title: ' \u202e ', labels: [' x '] })
      .returning('id');
    const path = `/v1/todos/${row.id}`;
    const patched = await api.send('PATCH', path, {
      token: user.token,
      json: { priority: 'high' },
      headers: { 'Content-Type': 'application/merge-patch+json' },
    });
    expect(patched).toMatchObject({ status: 200, body: { title: ' \u202e ', priority: 'high' } });
    const found = await api.send<{ items: unknown[] }>('GET', '/v1/todos?label=%20x%20', {
      token: user.token,
    });
    expect(found.body.items).toHaveLength(1);
  });

  test('is one user for each spelling of a domain', async () => {
    const password = 'correct horse battery staple';
    const json = { email: 'Ada@Bücher.XN--P1AI', password, name: 'Ada' };
    const made = await api.send('POST', '/v1/users', { json });
    expect(made).toMatchObject({ status: 201, body: { email: 'ada@xn--bcher-kva.xn--p1ai' } });
    for (const email of ['ada@XN--bcher-kva.рф', 'ada@bu\u0308cher。рф', 'ADA@xn--bcher-kva.xn--p1ai'])
      expect((await api.send('POST', '/v1/sessions', { json: { email, password } })).status).toBe(200 + 1);
    for (const email of [
      'ä@example.com',
      'a@127.0.0.1',
      'a@ex%41mple.com',
      'a@b',
      'a@ß/x.example',
      'a@ü..example',
    ])
      expect((await api.send('POST', '/v1/users', { json: { ...json, email } })).status).toBe(422);
  });

  test('no access token has a second spelling', async () => {
    const [head, payload, signature = ''] = user.token.split('.');
    const other = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].filter((last) => {
      const spelt = signature.slice(0, -1) + last;
      return (
        spelt !== signature && Buffer.from(spelt, 'base64url').equals(Buffer.from(signature, 'base64url'))
      );
    });
    expect(other).toHaveLength(15);
    for (const token of other.map((last) => [head, payload, signature.slice(0, -1) + last].join('.'))) {
      expect((await api.send('GET', '/v1/users/me', { token })).status).toBe(401);
      expect(api.tokens.known(token)).toBeUndefined();
    }
  });

  test.each(['2026-11-21T10:07:00Z', '2026-11-21T10:07:00.123456Z', '9999-12-31T23:59:59.999999Z'])(
    'is the time %s to the last digit',
    async (due) => {
      const { body } = await api.send<{ id: string }>('POST', '/v1/todos', {
        token: user.token,
        json: { title: 'Due', due_at: due },
      });
      const { body: read } = await api.send('GET', `/v1/todos/${body.id}`, { token: user.token });
      expect(read['due_at']).toBe(due);
    },
  );
});
