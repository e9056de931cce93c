/**
 * Compares the answers to many clients at once with the rows that were written: neither without the other.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { randomOf } from '@sightline/testkit/random.ts';
import { decodeJwt } from 'jose';
import type { Todo, TodoEvent, TodoHistory, TodoPage } from '../src/todos/schema.ts';
import { type Answer, type Send, startApi, type TestApi, type TestUser, type Tokens } from './support/api.ts';

/** Two instances of the service on one database. */
let api: TestApi;
let sibling: TestApi;
let user: TestUser;
beforeAll(async () => {
  api = await startApi();
  sibling = await startApi({}, undefined, { beside: api });
});
afterAll(async () => {
  await sibling.stop();
  await api.stop();
});

/** To be given back by LEDGER_SEED, when a run has failed. */
const seed = Number(process.env['LEDGER_SEED'] ?? randomInt(2 ** 31));
const random = randomOf(seed);
const pick = <Thing>(things: readonly Thing[]) => things[Math.floor(random() * things.length)] as Thing;

/** Runs clients at once, each its steps one after the other, in turn at the two instances. */
const clients = async (count: number, steps: number, step: (send: Send) => Promise<unknown>) => {
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      for (let done = 0; done < steps; done += 1) await step((n % 2 ? sibling : api).send);
    }),
  );
};

/** Microseconds since 1970. Texts don't sort as their times do, since zeros at their end are left out. */
function microseconds(time: string): number {
  const { seconds = '', fraction = '' } =
    /^(?<seconds>[^.Z]+)(\.(?<fraction>\d+))?Z$/.exec(time)?.groups ?? {};
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, '0'));
}
const isRising = (values: readonly (string | number)[]) =>
  values.every((value, n) => n === 0 || value > (values[n - 1] as typeof value));

const { stringify } = JSON;
const countBy = <Thing>(things: readonly Thing[], key: (thing: Thing) => unknown) =>
  Object.fromEntries([...Map.groupBy(things, key)].map(([name, { length }]) => [String(name), length]));

describe(`writers of the same todos (LEDGER_SEED=${seed})`, () => {
  type State = Pick<Todo, 'title' | 'status' | 'version'> & { readonly isDeleted: boolean };
  type Patch = Partial<Pick<Todo, 'title' | 'status'>>;
  interface Entry {
    readonly id: string;
    /** Request id of the answer: the client sends none. */
    readonly requestId: string | null;
    readonly action: 'updated' | 'deleted' | 'restored';
    readonly patch?: Patch;
    readonly ifMatch: number | undefined;
    readonly answer: Answer<Todo>;
  }

  let ledger: Entry[] = [];
  const patches: readonly Patch[] = [
    ...['a', 'b', 'c'].map((title) => ({ title })),
    ...[
      {},
      { status: 'done' } as const,
      { status: 'open' } as const,
      { title: 'a', status: 'done' } as const,
    ],
  ];
  const requests = {
    updated: ['PATCH', ''],
    deleted: ['DELETE', ''],
    restored: ['POST', '/restore'],
  } as const;

  async function write(send: Send, id: string, version: number): Promise<void> {
    const action = pick(['updated', 'updated', 'deleted', 'restored'] as const);
    const [method, path] = requests[action];
    const patch = action === 'updated' ? { patch: pick(patches) } : {};
    const ifMatch = pick([undefined, undefined, version, version - 1]);
    const answer = await send<Todo>(method, `/v1/todos/${id}${path}`, {
      token: user.token,
      headers: { ...(ifMatch !== undefined && { 'If-Match': `"${ifMatch}"` }) },
      ...(patch.patch && { json: patch.patch }),
    });
    const requestId = answer.headers.get('x-request-id');
    ledger.push({ id, requestId, action, ...patch, ifMatch, answer });
  }

  async function historyOf(id: string): Promise<TodoEvent[]> {
    const events: TodoEvent[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await api.send<TodoHistory>('GET', `/v1/todos/${id}/history?limit=100${cursor}`, {
        token: user.token,
      });
      events.push(...body.items);
      if (body.next_cursor === null) return events;
      cursor = `&cursor=${body.next_cursor}`;
    }
  }

  /** The todo at each of its versions, by its history; throws where an event doesn't follow from the one before. */
  function statesBy([, ...events]: readonly TodoEvent[], title: string): State[] {
    const states: State[] = [{ title, status: 'open', version: 1, isDeleted: false }];
    for (const { action, changes } of events) {
      const before = states.at(-1) as State;
      expect(before.isDeleted).toBe(action === 'restored');
      const from = Object.entries(changes).map(([name, change]) => [name, change.from]);
      const to = Object.entries(changes).map(([name, change]) => [name, change.to]);
      expect(before).toMatchObject(Object.fromEntries(from));
      expect(changes).toEqual(action === 'updated' ? expect.objectContaining({}) : {});
      states.push({
        ...before,
        ...Object.fromEntries(to),
        version: before.version + 1,
        isDeleted: action === 'deleted',
      });
    }
    return states;
  }

  const statusOf: Readonly<Record<Entry['action'], number>> = { updated: 200, deleted: 204, restored: 200 };

  /** The fault of an answer, given the history of its todo. */
  function faultOf(entry: Entry, events: readonly TodoEvent[], states: readonly State[]): string | undefined {
    const { requestId, action, patch, ifMatch, answer } = entry;
    const isDone = answer.status === statusOf[action];
    const version = events.findIndex(({ request_id }) => request_id === requestId) + 1;
    const says = `${stringify({ action, patch, ifMatch })} got ${answer.status}`;
    if (!isDone && version > 0) return `${says}, and is version ${version}`;
    if (!isDone) return [404, 409, 412].includes(answer.status) ? undefined : `${says}: ${answer.text}`;
    const isUnchanged = version === 0 && action === 'updated';
    if (version === 0 && !isUnchanged) return `${says}, and was never carried out`;
    if (ifMatch !== undefined && ifMatch !== (isUnchanged ? answer.body.version : version - 1))
      return `${says}, and is version ${version}`;
    if (action === 'deleted') return undefined;
    const { title, status, version: answered, deleted_at, updated_at } = answer.body;
    const state = { title, status, version: answered, isDeleted: deleted_at !== null };
    const expected = states[isUnchanged ? answered - 1 : version - 1];
    if (stringify(state) !== stringify(expected)) return `${says} ${answer.text}, not ${stringify(expected)}`;
    if (updated_at !== events[answered - 1]?.created_at) return `${says}, at another time than its event`;
    return stringify({ ...state, ...patch }) === stringify(state) ? undefined : `${says} ${answer.text}`;
  }

  test.each([1, 2])(
    'get 200 and 204 for what one event stands for, or for nothing to do (round %i)',
    async () => {
      user = await api.newUser();
      ledger = [];
      const todos = await Promise.all(
        ['x', 'y'].map((title) =>
          api.send<Todo>('POST', '/v1/todos', { token: user.token, json: { title } }),
        ),
      );
      const ids = todos.map(({ body }) => body.id);
      const newest = new Map(ids.map((id) => [id, 1]));
      await clients(12, 25, async (send) => {
        const id = pick(ids);
        await write(send, id, newest.get(id) as number);
        const etag = ledger.at(-1)?.answer.headers.get('etag');
        if (etag && ledger.at(-1)?.id === id) newest.set(id, Number(etag.slice(1, -1)));
      });
      for (const { body: todo } of todos) {
        const events = await historyOf(todo.id);
        const states = statesBy(events, todo.title);
        const entries = ledger.filter(({ id }) => id === todo.id);
        expect(entries.flatMap((entry) => faultOf(entry, events, states) ?? [])).toEqual([]);
        const asked = new Set(entries.map(({ requestId }) => requestId));
        expect(events.slice(1).filter(({ request_id }) => !asked.has(request_id))).toEqual([]);
        expect(new Set(events.map(({ request_id }) => request_id)).size).toBe(events.length);
        expect(isRising(events.map(({ created_at }) => microseconds(created_at)))).toBe(true);
        const row = await api.knex('todos').where({ id: todo.id }).first();
        const { title, status, version, deleted_at, updated_at } = row;
        expect({ title, status, version, isDeleted: deleted_at !== null }).toEqual(states.at(-1));
        expect(updated_at).toBe(events.at(-1)?.created_at);
      }
      // Each outcome was there to be judged.
      const seen = Object.keys(countBy(ledger, ({ answer }) => answer.status));
      expect(seen).toEqual(expect.arrayContaining(['200', '204', '404', '409', '412']));
    },
  );

  const create = async (json: object = { title: 'A todo' }) =>
    (await api.send<Todo>('POST', '/v1/todos', { token: user.token, json })).body;

  test('that wait for one another give a version a later time than the one before', async () => {
    user = await api.newUser();
    const { id } = await create();
    const holder = await api.knex.transaction();
    await holder('todos').where({ id }).forUpdate();
    const pending = api.send<Todo>('PATCH', `/v1/todos/${id}`, {
      token: user.token,
      json: { title: 'later' },
    });
    await eventually(async () => {
      const { rows } = await api.knex.raw(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows.length === 1;
    });
    const [{ updated_at: before }] = await holder('todos')
      .where({ id })
      .update({ updated_at: holder.raw('clock_timestamp()'), version: 2 })
      .returning('updated_at');
    await holder.commit();
    const { body } = await pending;
    expect(body.version).toBe(3);
    expect(microseconds(body.updated_at)).toBeGreaterThan(microseconds(before));
  });

  test('give it one also when their clock is behind, and an event that comes after', async () => {
    user = await api.newUser();
    const { token } = user;
    const { id } = await create();
    await api
      .owner('todo_events')
      .where({ todo_id: id })
      .update({ id: api.owner.raw("uuidv7('1 hour')") });
    const [{ updated_at: ahead }] = await api
      .knex('todos')
      .where({ id })
      .update({ updated_at: api.knex.raw("now() + interval '1 hour 1 second'") })
      .returning('updated_at');
    const path = `/v1/todos/${id}`;
    const done = await api.send<Todo>('PATCH', path, { token, json: { status: 'done' } });
    for (const title of ['b', 'c', 'd']) await api.send('PATCH', path, { token, json: { title } });
    await api.send('DELETE', path, { token });
    const [deleted] = (await api.send<TodoPage>('GET', '/v1/todos?deleted=only', { token })).body.items;
    const back = await api.send<Todo>('POST', `${path}/restore`, { token });
    const at = (n: number) => microseconds(ahead) + n;
    const { completed_at, updated_at } = done.body;
    expect([completed_at, updated_at].map((time) => microseconds(String(time)))).toEqual([at(1), at(1)]);
    expect([deleted?.deleted_at, deleted?.updated_at].map((time) => microseconds(String(time)))).toEqual([
      at(5),
      at(5),
    ]);
    expect(microseconds(back.body.updated_at)).toBe(at(6));
    const [, ...events] = await historyOf(id);
    expect(events.map(({ action }) => action)).toEqual([...Array(4).fill('updated'), 'deleted', 'restored']);
    expect(events.map(({ created_at }) => microseconds(created_at))).toEqual([1, 2, 3, 4, 5, 6].map(at));
    expect(isRising(events.map((event) => event.id))).toBe(true);
  });

  test('an id of an event is a UUIDv7 of its time', async () => {
    user = await api.newUser();
    const { id } = await create();
    const [event] = await historyOf(id);
    const { rows } = await api.knex.raw(
      'select uuid_extract_version(:id) as version, uuid_extract_timestamp(:id) as time',
      {
        id: event?.id as string,
      },
    );
    expect(rows[0].version).toBe(7);
    expect(microseconds(rows[0].time)).toBe(Math.floor(microseconds(event?.created_at ?? '') / 1000) * 1000);
  });

  /** All ids that a client meets on its way up the list. */
  async function climb(sort: string): Promise<string[]> {
    const met: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await api.send<TodoPage>('GET', `/v1/todos?sort=${sort}&limit=3${cursor}`, {
        token: user.token,
      });
      met.push(...body.items.map(({ id }) => id));
      if (body.next_cursor === null) return met;
      cursor = `&cursor=${body.next_cursor}`;
    }
  }

  test.each(['updated_at', 'created_at', '-created_at'])(
    'leave nobody out who pages by %s meanwhile',
    async (sort) => {
      user = await api.newUser();
      const { token } = user;
      const { body } = await api.send<{ items: Todo[] }>('POST', '/v1/todos/batch', {
        token,
        json: { items: Array.from({ length: 20 }, (_, n) => ({ title: `todo ${n}` })) },
      });
      const throughout = body.items.map(({ id }) => id);
      let isWriting = true;
      const climbs: string[][] = [];
      const readers = Array.from({ length: 2 }, async () => {
        while (isWriting) climbs.push(await climb(sort));
      });
      await clients(6, 10, async (send) => {
        // Few of them, so that writers wait for one another, and others come and go.
        const path = `/v1/todos/${pick(throughout.slice(0, 6))}`;
        await send('PATCH', path, { token, json: { title: randomUUID() } });
        const { body: passing } = await send<Todo>('POST', '/v1/todos', {
          token,
          json: { title: 'passing' },
        });
        await send('DELETE', `/v1/todos/${passing.id}`, { token });
      });
      isWriting = false;
      await Promise.all(readers);
      for (const met of climbs) expect(throughout.filter((id) => !met.includes(id))).toEqual([]);
      if (sort.endsWith('created_at')) for (const met of climbs) expect(new Set(met).size).toBe(met.length);
    },
  );
});

describe('requests with an idempotency key', () => {
  test('are carried out once for each time that their key is kept, also while keys are cleaned up', async () => {
    user = await api.newUser();
    const keys = [randomUUID(), randomUUID(), randomUUID()];
    const answers: { key: string; answer: Answer<{ items: Todo[] }> }[] = [];
    let isPosting = true;
    let cleanedUp = 0;
    const cleanUp = (async () => {
      while (isPosting) cleanedUp += await api.knex('idempotency_keys').where({ user_id: user.id }).delete();
    })();
    await clients(8, 25, async (send) => {
      const key = pick(keys);
      const answer = await send<{ items: Todo[] }>('POST', '/v1/todos/batch', {
        token: user.token,
        headers: { 'Idempotency-Key': key },
        json: { items: [{ title: key }, { title: key }] },
      });
      answers.push({ key, answer });
    });
    isPosting = false;
    await cleanUp;
    expect(countBy(answers, ({ answer }) => answer.status)).toEqual({ 201: 200 });
    const kept = await api.knex('idempotency_keys').where({ user_id: user.id });
    const first = answers.filter(({ answer }) => !answer.headers.has('idempotent-replayed'));
    expect(first).toHaveLength(cleanedUp + kept.length);
    const carriedOut = new Map(first.map(({ key, answer }) => [answer.text, key]));
    expect(carriedOut.size).toBe(first.length);
    for (const { key, answer } of answers) expect(carriedOut.get(answer.text)).toBe(key);
    const written = await api.knex('todos').where({ owner_id: user.id }).pluck('id');
    const answered = first.flatMap(({ answer }) => answer.body.items.map(({ id }) => id));
    expect(written.sort()).toEqual(answered.sort());
    expect(await api.knex('todo_events').where({ actor_id: user.id })).toHaveLength(answered.length);
  });
});

describe('sessions', () => {
  const lines = (action: string, sessionId: string) =>
    [...api.logLines(), ...sibling.logLines()].filter(
      (line) => line['event.action'] === action && line['labels.session_id'] === sessionId,
    );

  test.each([1, 2])(
    'give one answer for each refresh token, and are ended by one event (round %i)',
    async () => {
      user = await api.newUser();
      const { id: sessionId } = await api.knex('sessions').where({ user_id: user.id }).first('id');
      const tokens = [user.refreshToken];
      const given: string[] = [];
      const ends: number[] = [];
      await clients(8, 8, async (send) => {
        // Mostly the newest, which others may have at the same time, sometimes an old one or the end.
        if (random() < 0.02) {
          const { status } = await send('DELETE', '/v1/sessions/current', { token: user.token });
          ends.push(status);
          return;
        }
        const token = random() < 0.9 ? (tokens.at(-1) as string) : pick(tokens);
        const { status, body } = await send<Tokens>('POST', '/v1/sessions/refresh', {
          json: { refresh_token: token },
        });
        if (status !== 200) return;
        given.push(token);
        tokens.push(body.refresh_token);
      });
      expect(new Set(given).size).toBe(given.length);
      const rows = await api.knex('refresh_tokens').where({ session_id: sessionId });
      expect(rows.filter(({ used_at }) => used_at !== null)).toHaveLength(given.length);
      expect(rows).toHaveLength(given.length + 1);
      expect(lines('session-refreshed', sessionId)).toHaveLength(given.length);
      const { revoked_reason } = await api.knex('sessions').where({ id: sessionId }).first();
      expect({
        replayed: lines('refresh-token-replayed', sessionId).length,
        logged_out: lines('logged-out', sessionId).length,
      }).toEqual({
        replayed: Number(revoked_reason === 'replayed'),
        logged_out: Number(revoked_reason === 'logged_out'),
      });
      expect(ends.filter((status) => status !== 204)).toEqual([]);
    },
  );

  test.each([1, 2])(
    'of one user begun, ended from one another and by a new password are ended by one event each (round %i)',
    async () => {
      user = await api.newUser();
      const { email } = user;
      let { password } = user;
      let changes = 0;
      const tokens = [user.token];
      const tokenOf = () => pick(tokens);
      const unexpected: string[] = [];
      await clients(8, 15, async (send) => {
        const [current, next] = [password, `${randomUUID()} as a password`];
        const actions = {
          begin: () => send<Tokens>('POST', '/v1/sessions', { json: { email, password: current } }),
          end: () =>
            send<Tokens>('DELETE', `/v1/sessions/${decodeJwt(tokenOf())['sid']}`, { token: tokenOf() }),
          endOthers: () => send<Tokens>('DELETE', '/v1/sessions/others', { token: tokenOf() }),
          logOut: () => send<Tokens>('DELETE', '/v1/sessions/current', { token: tokenOf() }),
          change: () =>
            send<Tokens>('PUT', '/v1/users/me/password', {
              token: tokenOf(),
              json: { current_password: current, new_password: next },
            }),
        };
        const action = pick(['begin', 'begin', 'begin', 'end', 'endOthers', 'logOut', 'change'] as const);
        const answer = await actions[action]();
        const { status, text } = answer;
        if (action === 'begin' && status === 201) tokens.push(answer.body.access_token);
        if (action === 'change' && status === 204) {
          password = next;
          changes += 1;
        }
        if (![201, 204, 401, 404].includes(status)) unexpected.push(`${action}: ${status} ${text}`);
      });
      expect(unexpected).toEqual([]);
      const sessions = await api.knex('sessions').where({ user_id: user.id });
      expect(sessions).toHaveLength(tokens.length);
      const endings = sessions.map(({ id, revoked_reason }) => ({
        revoked_reason,
        lines: [...lines('session-ended', id), ...lines('logged-out', id)].length,
      }));
      expect(
        endings.filter(({ revoked_reason, lines: count }) => count !== Number(revoked_reason !== null)),
      ).toEqual([]);
      const changed = [...api.logLines(), ...sibling.logLines()].filter(
        (line) => line['event.action'] === 'password-changed' && line['user.id'] === user.id,
      );
      expect(changed).toHaveLength(changes);
      // What was changed last is what logs in.
      expect((await api.send('POST', '/v1/sessions', { json: { email, password } })).status).toBe(201);
    },
  );

  test('ended by many at once are ended by one event, and everybody gets 204', async () => {
    user = await api.newUser();
    const { id: sessionId } = await api.knex('sessions').where({ user_id: user.id }).first('id');
    const statuses: number[] = [];
    await clients(8, 2, async (send) => {
      statuses.push((await send('DELETE', '/v1/sessions/current', { token: user.token })).status);
    });
    expect(countBy(statuses, (status) => status)).toEqual({ 204: 16 });
    expect(lines('logged-out', sessionId)).toHaveLength(1);
  });
});

describe('users', () => {
  test('registered, logged in and erased by many at once are so as often as that was answered', async () => {
    const password = 'correct horse battery staple';
    const email = `${randomUUID()}@example.com`;
    const tokens: string[] = [];
    const answers: { action: string; status: number }[] = [];
    const bodies: string[] = [];
    await clients(8, 12, async (send) => {
      const action =
        tokens.length === 0 ? pick(['register', 'logIn']) : pick(['register', 'logIn', 'erase', 'write']);
      const token = pick(tokens);
      const { status, text } = await {
        register: () => send('POST', '/v1/users', { json: { email, password, name: 'N' } }),
        logIn: () => send('POST', '/v1/sessions', { json: { email, password } }),
        erase: () => send('DELETE', '/v1/users/me', { token, json: { password } }),
        write: () => send('POST', '/v1/todos', { token, json: { title: 'x' } }),
      }[action as 'register']();
      if (action === 'logIn' && status === 201) tokens.push(JSON.parse(text).access_token);
      answers.push({ action, status });
      bodies.push(text);
    });
    const counts = countBy(answers, ({ action, status }) => `${action} ${status}`);
    const users = await api.knex('users').where({ email });
    expect(counts['register 201']).toBe((counts['erase 204'] ?? 0) + users.length);
    const known = [
      'register 201',
      'register 409',
      'logIn 201',
      'logIn 401',
      'erase 204',
      'erase 401',
      'write 201',
      'write 401',
    ];
    const unknown = answers.flatMap(({ action, status }, n) =>
      known.includes(`${action} ${status}`) ? [] : [`${action} ${status}: ${bodies[n]}`],
    );
    expect(unknown).toEqual([]);
    expect(counts).toMatchObject({ 'register 201': expect.any(Number), 'erase 204': expect.any(Number) });
  });
});
