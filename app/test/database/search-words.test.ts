import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import type { Knex } from 'knex';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrate.ts';
import { searchCondition } from '../../src/todos/search.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const { log } = createTestTelemetry();

/** Marsaglia's xorshift: the same texts each time. */
function texts(seed: number, pieces: readonly string[]): (longest: number) => string {
  let state = seed;
  const below = (limit: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return (longest) => Array.from({ length: 1 + below(longest) }, () => pieces[below(pieces.length)]).join('');
}

const ascii = Array.from({ length: 127 }, (_, code) => String.fromCharCode(code + 1));
const alphabets: Readonly<Record<string, readonly string[]>> = {
  'all of ASCII': ascii,
  'digits and e': [...'0123456789eEeE', ' ', '.', '-', '+', 'x', 'b'],
  'what looks like links, addresses, tags and numbers': [
    ...[
      'http://',
      'www.',
      'a@b',
      '.com',
      '/c',
      '?d=',
      '&amp;',
      '<b>',
      '</b>',
      '&#1;',
      '-1.5',
      '007',
      '1e5',
      '0x1f',
    ],
    ...['v1.2.3', 'x_y', '12abc', 'A-B', ' ', '\n', "'", '\\', ':', '*', '%20', '~', '#', 'I'],
  ],
  'long words': ['a'.repeat(120), '1'.repeat(127), 'b', '1e', 'Z'.repeat(2000), ' ', '/'],
};

describe('words in PostgreSQL', () => {
  let database: TestDatabase;
  let knex: Knex;
  beforeAll(async () => {
    database = await createTestDatabase();
    knex = openDatabase(readConfig({ DATABASE_URL: database.url }), log);
    await migrate(knex);
  });
  afterAll(async () => {
    await knex.destroy();
    await database.drop();
  });

  test.each(Object.entries(alphabets))(
    'are the same by the fast way as by the general one: %s',
    async (_name, pieces) => {
      const text = texts(22, pieces);
      const given = Array.from({ length: pieces.some(({ length }) => length > 100) ? 100 : 3000 }, () =>
        text(60).slice(0, 5000),
      );
      const { rows } = await knex.raw(
        `select content, todo_search_words(content)::text as fast, todo_search_words_of_any_script(content)::text as general
       from unnest(?::text[]) as content
       where todo_search_words(content)::text <> todo_search_words_of_any_script(content)::text`,
        [given],
      );
      expect(rows).toEqual([]);
    },
  );

  test('are the same but for the last positions of a word that comes 255 times', async () => {
    const given = [254, 255, 256, 300, 2500].map((times) => 'a b1 '.repeat(times));
    const { rows } = await knex.raw(
      `select strip(todo_search_words(content))::text as fast, strip(todo_search_words_of_any_script(content))::text as general
       from unnest(?::text[]) as content`,
      [given],
    );
    expect(rows).toEqual(given.map(() => ({ fast: "'a' 'b1'", general: "'a' 'b1'" })));
  });

  const signs = [
    ...[
      ...`"'-\\:()&|!<>*%,.;/_@#~ `,
      '<->',
      ':*',
      '""',
      ' or ',
      ' OR ',
      ' -"',
      '!!',
      '$1',
      '?',
      '--',
      '/*',
      "''",
    ],
    ...[
      '日',
      '本',
      'ไ',
      'ท',
      '🚀',
      '👩\u200d🔬',
      '❤\ufe0f',
      '\u0301',
      '\u0308',
      '\u200b',
      '\u200d',
      '\u202e',
      '\ufeff',
    ],
    ...[
      '\u0001',
      '\u001f',
      '\u007f',
      '\u0085',
      '\n',
      '\t',
      '\u00a0',
      '\u{e0020}',
      '\u{10ffff}',
      '\ufdfa',
      '\u0345',
    ],
    ...['İ', 'ß', 'ﬁ', 'é', 'a', 'Z', '1e9', '1e5b', 'x'.repeat(100), 'ا'],
  ];

  const longestQuery = 200;
  /** A word and what joins it to the next, of each character; those of one character alone may be six. */
  const maxNodes = 6;

  test('are no more than the characters asked for, whatever a character is taken into', async () => {
    const { rows } = await knex.raw(
      `select max(numnode(todo_search_query(repeat(chr(code), ?), false))) as nodes
       from generate_series(1, 200000) as code
       where code not between 55296 and 57343 and char_length(normalize(chr(code), nfkc)) > 3`,
      [longestQuery],
    );
    expect(rows).toEqual([{ nodes: longestQuery * 2 - 1 }]);
  });

  test('are asked for by any text, within that bound', async () => {
    const text = texts(7, signs);
    for (let n = 0; n < 3000; n += 1) {
      const q = [...text(120)].slice(0, longestQuery).join('');
      const { sql, texts: words } = searchCondition(q);
      const query = sql.replace(/^search_words @@ /, '');
      const asked = await knex
        .raw(
          `select numnode(${query}) <= ? as is_bounded, todo_search_words(?) @@ ${query} is null as is_unknown`,
          [...words, longestQuery * maxNodes, q, ...words],
        )
        .then(
          ({ rows }) => rows,
          (error: Error) => error.message,
        );
      expect({ q, asked }).toEqual({ q, asked: [{ is_bounded: true, is_unknown: false }] });
    }
  });
});
