import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Todo, TodoPage } from '../../src/todos/schema.ts';
import { sort as sorts } from '../../src/todos/schema.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('the search for words', () => {
  let api: TestApi;
  let token: string;
  const search = (q: string, more = '', as = token) =>
    api.send<TodoPage>('GET', `/v1/todos?q=${encodeURIComponent(q)}${more}`, { token: as });
  const titles = async (q: string, more = '') =>
    (await search(q, more)).body.items.map(({ title }) => title).sort();

  const todos = [
    { title: 'Buy milk and bread', status: 'done', labels: ['home'], due_at: '2026-12-01T00:00:00Z' },
    { title: 'Buy breadcrumbs', description: 'no milk in them', labels: ['home'] },
    { title: 'Call Zoë', description: 'about the café in Łódź — 日本語 📝' },
    { title: 'Read docs.example.com/guide', priority: 'urgent' },
    { title: "O'Reilly's book: 100% \\o/ <b>&</b>" },
  ];

  beforeAll(async () => {
    api = await startApi();
    ({ token } = await api.newUser());
    for (const json of todos) expect((await api.send('POST', '/v1/todos', { token, json })).status).toBe(201);
    const other = await api.newUser();
    await api.send('POST', '/v1/todos', { token: other.token, json: { title: 'Buy milk for another' } });
  });
  afterAll(() => api.stop());

  test.each([
    ['milk', ['Buy breadcrumbs', 'Buy milk and bread']],
    ['MILK', ['Buy breadcrumbs', 'Buy milk and bread']],
    ['milk buy', ['Buy breadcrumbs', 'Buy milk and bread']],
    ['milk bread ', ['Buy milk and bread']],
    ['"milk and bread"', ['Buy milk and bread']],
    ['"bread and milk"', []],
    ['milk -breadcrumbs', ['Buy milk and bread']],
    ['buy -milk', []],
    ['zoë or docs ', ['Call Zoë', 'Read docs.example.com/guide']],
    ['zoë or docs.example.com ', ['Call Zoë', 'Read docs.example.com/guide']],
    ['Łódź', ['Call Zoë']],
    ['日本語', ['Call Zoë']],
    ["o'reilly", [todos[4]?.title]],
    ['100%', [todos[4]?.title]],
    ['silk', []],
  ])('%j finds %j', async (q, expected) => {
    expect(await titles(q)).toEqual(expected);
  });

  test.each([
    ['bre', ['Buy breadcrumbs', 'Buy milk and bread']],
    ['milk breadcr', ['Buy breadcrumbs']],
    ['br', []],
    ['bre ', []],
    ['"bre"', []],
    ['buy -bread', ['Buy breadcrumbs']],
    ['breadcr milk', []],
  ])(
    'takes three letters at the end for the beginning of a word, unless quoted or excluded: %j',
    async (q, expected) => {
      expect(await titles(q)).toEqual(expected);
    },
  );

  test.each([
    '&',
    '!',
    '()',
    ':*',
    '"',
    '""',
    '\\',
    "'",
    ' ',
    '- -',
    '<->',
    '%',
    '--',
    '|',
    '-'.repeat(33),
    '-'.repeat(200),
  ])('for %j, which holds no word, finds nothing', async (q) => {
    expect(await search(q)).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
  });

  test.each([
    [
      'a link',
      'See https://git.example.com/a_b/c-d/issues/42?tab=x#note-7',
      'https://git.example.com/a_b/c-d/issues/42?tab=x#note-7',
    ],
    ['its end', 'See https://git.example.net/a_b/c-d/issues/43', 'c-d/issues/43'],
    ['a part of a name', 'Release app_server-2.14.3/linux', 'server-2.14'],
    ['a composed letter by a decomposed one', 'Caf\u00e9 Nero', 'Cafe\u0301 nero'],
    ['a decomposed letter by a composed one', 'Re\u0301sume\u0301', 'r\u00e9sum\u00e9 '],
    ['part of a Chinese word', '我要去北京大学图书馆', '大学图'],
    ['part of a Thai word', 'ภาษาไทย', 'ไทย'],
    ['an emoji', 'Ship it 🚀', '🚀'],
    ['an emoji of several characters', 'Crew 👩‍🔬', '👩‍🔬'],
    ['a letter of another case', 'STRASSE nach Köln', 'straße KÖLN '],
    ['a word with a joiner', 'می\u200cخواهم', 'می\u200cخواهم '],
  ])('finds %s', async (_name, title, q) => {
    await api.send('POST', '/v1/todos', { token, json: { title } });
    expect(await titles(q)).toEqual([title.normalize('NFC')]);
  });

  test('finds what the release before writes, which knows nothing of the words', async () => {
    const { id } = await api.newUser().then(async (user) => ({ id: user.id }));
    await api.knex('todos').insert({ owner_id: id, title: 'x/y' });
    await api.knex('todos').where({ owner_id: id }).update({ title: 'now/then' });
    const { rows } = await api.knex.raw('select search_words::text as words from todos where owner_id = ?', [
      id,
    ]);
    expect(rows).toEqual([{ words: "'now':1A 'then':2A" }]);
  });

  test('finds what a todo says now', async () => {
    const { body } = await api.send<Todo>('POST', '/v1/todos', { token, json: { title: 'Caterpillar' } });
    const json = { title: 'Butterfly' };
    await api.send('PATCH', `/v1/todos/${body.id}`, { token, json });
    expect(await titles('caterpillar')).toEqual([]);
    expect(await titles('butterfly')).toEqual(['Butterfly']);
    await api.send('DELETE', `/v1/todos/${body.id}`, { token });
    expect(await titles('butterfly')).toEqual([]);
    expect(await titles('butterfly', '&deleted=only')).toEqual(['Butterfly']);
  });

  test.each([
    ['&status=done', ['Buy milk and bread']],
    ['&status=in_progress', []],
    ['&label=home&priority=normal', ['Buy breadcrumbs', 'Buy milk and bread']],
    ['&due_before=2026-12-02T00:00:00Z', ['Buy milk and bread']],
  ])('goes with the filter %s', async (filter, expected) => {
    expect(await titles('milk', filter)).toEqual(expected);
  });

  test.each(sorts.options)('goes with sort=%s page by page', async (order) => {
    const first = await search('milk', `&sort=${order}&limit=1`);
    const second = await search('milk', `&sort=${order}&limit=1&cursor=${first.body.next_cursor}`);
    const found = [...first.body.items, ...second.body.items].map(({ title }) => title);
    expect(found.toSorted()).toEqual(['Buy breadcrumbs', 'Buy milk and bread']);
    expect(second.body.next_cursor).toBeNull();
  });

  test('shows a todo as every answer does, without what it is searched by', async () => {
    const { body } = await search('zoë');
    const [found] = body.items;
    expect((await api.send('GET', `/v1/todos/${found?.id}`, { token })).body).toEqual(found);
    expect(found).not.toHaveProperty('search');
  });

  test.each([
    ['nothing', 'q='],
    ['201 characters', `q=${'x'.repeat(201)}`],
    ['NUL', 'q=a%00b'],
    ['two searches', 'q=a&q=b'],
  ])('refuses %s', async (_name, query) => {
    const answer = await api.send('GET', `/v1/todos?${query}`, { token });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ pointer: '?q' }] });
  });

  test.each([
    ['a lone surrogate', 'q=%ED%A0%80'],
    ['half a percent-encoding', 'q=50%'],
    ['an overlong NUL', 'q=%c0%80'],
  ])('refuses %s', async (_name, query) => {
    const answer = await api.send('GET', `/v1/todos?${query}`, { token });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ type: '/problems/malformed-request' });
  });

  const pieces = [
    ...'\'"&|!():*<>-+\\/%_,;.@#$^~`?=[]{}0aZß ',
    ...[
      'é',
      'é',
      'İ',
      'ﬁ',
      '日',
      'ا',
      '🙂',
      '👩‍🚀',
      '\u200b',
      '\u00a0',
      '\ufeff',
      '\u0001',
      '\n',
      '\t',
      '\u{10ffff}',
    ],
    ...[
      '<->',
      ' or ',
      ' AND ',
      '":*',
      "''",
      '\\\\',
      ' -"',
      'milk',
      '1e9',
      '-1.5',
      'a@b.co',
      'http://x.y/z?q',
      'x-y-z',
      '$1',
      '--',
    ],
  ];
  const randomText = () => {
    const longest = randomInt(1, 201);
    let text = '';
    for (let length = 0; length < longest; length += 1) text += pieces[randomInt(pieces.length)];
    return [...text].slice(0, 200).join('');
  };

  test('takes any text', async () => {
    const texts = Array.from({ length: 300 }, randomText);
    for (let n = 0; n < texts.length; n += 10) {
      await Promise.all(
        texts.slice(n, n + 10).map(async (q) => {
          const { status, text } = await search(q);
          expect({ q, status, text: status === 200 ? '' : text }).toEqual({ q, status: 200, text: '' });
        }),
      );
    }
  });
});
