import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomOf } from '../fuzz/generate.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

let api: TestApi;
let user: TestUser;
beforeAll(async () => {
  api = await startApi();
  user = await api.newUser();
});
afterAll(() => api.stop());

/** Ways of writing the same, by the grammar of RFC 9110: drawn by a seeded generator, so the same each time. */
const random = randomOf(8);
const some = <Value>(values: readonly Value[]): Value =>
  values[Math.floor(random() * values.length)] as Value;
const anyCase = (text: string) =>
  text.replace(/[a-z]/gi, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter.toLowerCase()));
const blanks = () => some(['', '', ' ', '\t', '  ', ' \t ']);
const quoted = (text: string) => some([text, `"${text}"`, `"${text.replace(/-/g, '\\-')}"`]);
const parameter = (name: string, value: string) => `${blanks()};${blanks()}${anyCase(name)}=${value}`;
const others = () =>
  some(['', '', parameter('version', '1'), parameter('a', '"x;charset=utf-16"'), `${blanks()};`]);
const written = (type: string, charset: string) =>
  `${anyCase(type)}${others()}${charset && parameter('charset', quoted(anyCase(charset)))}${others()}${blanks()}`;
const many = <Value>(make: () => Value): Value[] => Array.from({ length: 150 }, make);

const post = (headers: Record<string, string>, raw = '{"title":"x"}') =>
  api.send('POST', '/v1/todos', { token: user.token, headers, raw });

async function refusals(sent: readonly Record<string, string>[]): Promise<unknown[]> {
  const answers = await Promise.all(
    sent.map(async (headers) => ({ headers, status: (await post(headers)).status })),
  );
  return answers.filter(({ status }) => status !== 201);
}

describe('a header value is read by its grammar', () => {
  test('Content-Type in whatever case, with blanks, quotes and other parameters', async () => {
    const types = many(() => written('application/json', some(['', 'utf-8'])));
    expect(new Set(types).size).toBeGreaterThan(100);
    expect(await refusals(types.map((type) => ({ 'Content-Type': type })))).toEqual([]);
  });

  test('Content-Type that is another one, also in whatever spelling', async () => {
    const types = many(() =>
      some([
        written('application/json', some(['utf-16', 'latin1', 'us-ascii'])),
        written(some(['application/jsonp', 'text/plain', 'application/merge-patch+json']), 'utf-8'),
        some([
          'application',
          'application/',
          '/json',
          'application json',
          'application/json, text/plain',
          ';',
          '"application/json"',
        ]),
      ]),
    );
    const statuses = await Promise.all(
      types.map(async (type) => [type, (await post({ 'Content-Type': type })).status]),
    );
    expect(statuses.filter(([, status]) => status !== 415)).toEqual([]);
  });

  test('a merge-patch in whatever spelling', async () => {
    const { body: todo } = await api.send<{ id: string }>('POST', '/v1/todos', {
      token: user.token,
      json: { title: 'x' },
    });
    for (const type of many(() => written('application/merge-patch+json', 'utf-8')).slice(0, 20)) {
      const headers = { 'Content-Type': type };
      const answer = await api.send('PATCH', `/v1/todos/${todo.id}`, {
        token: user.token,
        headers,
        json: { title: 'y' },
      });
      expect({ type, status: answer.status }).toEqual({ type, status: 200 });
    }
  });

  test('Content-Encoding: identity, in whatever case, and as a list', async () => {
    const codings = many(() => {
      const list = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
        some([anyCase('identity'), anyCase('identity'), '']),
      );
      return list.join(`${blanks()},${blanks()}`).trim();
    });
    const headers = { 'Content-Type': 'application/json' };
    expect(await refusals(codings.map((coding) => ({ ...headers, 'Content-Encoding': coding })))).toEqual([]);
    for (const coding of ['gzip', 'GZIP', 'identity, gzip', 'br', 'x'])
      expect((await post({ ...headers, 'Content-Encoding': coding })).status).toBe(415);
  });

  test('Authorization: the scheme in whatever case, with blanks before the token', async () => {
    for (const scheme of many(() => anyCase('bearer')).slice(0, 20)) {
      const headers = { Authorization: `${scheme}${some([' ', '  '])}${user.token}` };
      expect((await api.send('GET', '/v1/todos', { headers })).status).toBe(200);
    }
  });
});
