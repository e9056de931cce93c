import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { briefly, retryMs } from './briefly.ts';

/** Not in one transaction: nothing is locked for longer than a batch of rows, and an index is made beside writers. */
export const config = { transaction: false };

/** Dropped: joiners, variation selectors, marks of direction. They show nothing, and stand inside words and emoji. */
const ignorable = String.raw`[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+`;

/** Words by themselves: characters of languages written without blanks, emoji and symbols. */
const alone =
  String.raw`([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff` +
  String.raw`\u00a2-\u00a9\u00ac\u00ae\u00b0\u00b1\u00d7\u00f7\u20a0-\u20cf\u2100-\u2bff\U0001f000-\U0001faff])`;

/** The characters that part words: blanks, controls, punctuation, and the symbols of ASCII. */
const between = String.raw`[[:space:][:cntrl:][:punct:]\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e\u200b]+`;

/** Characters of a word that count: PostgreSQL takes no longer lexeme than 2046 bytes. */
const longestWord = 255;

/**
 * The most words that one character is taken into. A query has no more words than characters, or these: PostgreSQL walks
 * a phrase word by word for each todo of the owner.
 */
const wordsOfOne = 6;

/**
 * Text of ASCII only, which PostgreSQL's own parser takes into the same words, several times as fast, once all but
 * letters and digits are blanks. It takes 1e5 in 1e5b for a number, and passes over words longer than it can store. Of a
 * word that comes 255 times the one way keeps a position more than the other. Functions with it aren't strict, since
 * PostgreSQL would not inline them then.
 */
const isPlain = `octet_length(content) = char_length(content)
        and content collate "C" !~ '[0-9][eE][0-9]'
        and (octet_length(content) < ${longestWord} or content collate "C" !~ '[A-Za-z0-9]{${longestWord}}')`;

/**
 * One way of taking text into words, for todos and queries alike. `pg_unicode_fast` is PostgreSQL's own, so that the
 * words don't depend on the system that it runs on.
 */
const functions = `
  create or replace function todo_words(content text) returns text[]
    language sql immutable strict parallel safe
    return regexp_split_to_array(btrim(regexp_replace(regexp_replace(regexp_replace(
      casefold(normalize(content, nfkc) collate pg_unicode_fast) collate pg_unicode_fast,
      '${ignorable}', '', 'g'), '${alone}', ' \\1 ', 'g'), '${between}', ' ', 'g')), ' ');

  create or replace function todo_search_words_of_any_script(content text) returns tsvector
    language sql immutable strict parallel safe
    return (
      select coalesce(string_agg('''' || left(word, ${longestWord}) || ''':' || position, ' '), '')::tsvector
      from unnest(todo_words(content)) with ordinality as words (word, position) where word <> ''
    );

  create or replace function todo_search_words(content text) returns tsvector
    language sql immutable parallel safe
    return case when ${isPlain}
      then to_tsvector('simple', regexp_replace(lower(content collate "C"), '[^a-z0-9 ]+', ' ', 'g'))
      else todo_search_words_of_any_script(content) end;

  create or replace function todo_search_query(content text, is_beginning boolean) returns tsquery
    language sql immutable strict parallel safe
    return (
      select coalesce(string_agg('''' || left(word, ${longestWord}) || '''', ' <-> ' order by position)
        || case when is_beginning then ':*' else '' end, '')::tsquery
      from unnest(todo_words(content)) with ordinality as words (word, position) where word <> ''
        and position <= greatest(char_length(content), ${wordsOfOne})
    );

  create or replace function todo_words_of(title text, description text) returns tsvector
    language sql immutable parallel safe
    return case when description is null
      then setweight(todo_search_words(title), 'A')
      else setweight(todo_search_words(title), 'A') || setweight(todo_search_words(description), 'B') end;

  create or replace function todos_keep_search_words() returns trigger language plpgsql as $$
  begin
    -- Of an insert the old row is null.
    if old.title = new.title and old.description is not distinct from new.description then return new; end if;
    new.search_words := todo_words_of(new.title, new.description);
    return new;
  end $$;`;

/** How many rows one statement fills, and of how much text: it is what they stay locked for. */
const batchRows = 500;
const batchBytes = 65_536;

/** Rows that somebody has locked are left for the next round, lest two wait for each other. */
const fillBatch = `
  with next as (
    select id, row_number() over rows_before = 1
        or sum(octet_length(title) + coalesce(octet_length(description), 0)) over rows_before <= ${batchBytes} as fits
    from todos where id > ? and search_words is null window rows_before as (order by id) order by id limit ${batchRows}
  ), batch as (
    select id from todos where id in (select id from next where fits) for no key update skip locked
  ), filled as (
    update todos set search_words = todo_words_of(title, description) from batch where todos.id = batch.id
  )
  select id from next where fits order by id desc limit 1`;

/** Goes through the old rows in the order of their ids. */
async function fillOnce(knex: Knex): Promise<void> {
  let last: string | undefined = '00000000-0000-0000-0000-000000000000';
  while (last !== undefined) {
    const { rows } = await briefly(knex, fillBatch, [last]);
    last = rows[0]?.id;
  }
}

async function fill(knex: Knex): Promise<void> {
  for (;;) {
    await fillOnce(knex);
    const left = await knex('todos').whereNull('search_words').first('id');
    if (left === undefined) return;
    await sleep(retryMs);
  }
}

/** An index that a broken attempt left behind is not valid, and is made anew. */
const dropIndex = (knex: Knex) => knex.raw('drop index concurrently if exists todos_by_search_words');

/**
 * Words as people type and paste them, beside the column `search` of migration 004, which the release before reads; a
 * later release drops that one. A trigger keeps the new column, so that what either release writes is found. Each step
 * can be done again after it broke off.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(functions);
  await briefly(
    knex,
    `alter table todos add column if not exists search_words tsvector;
     create or replace trigger todos_keep_search_words before insert or update of title, description on todos
       for each row execute function todos_keep_search_words();`,
  );
  await fill(knex);
  await dropIndex(knex);
  await knex.raw(
    'create index concurrently todos_by_search_words on todos using gin (owner_id, search_words)',
  );
  // The planner would know nothing about the new column.
  await knex.raw('analyze todos (search_words)');
}

export async function down(knex: Knex): Promise<void> {
  await dropIndex(knex);
  await briefly(
    knex,
    `drop trigger if exists todos_keep_search_words on todos;
     alter table todos drop column if exists search_words;
     drop function if exists todos_keep_search_words, todo_words_of, todo_search_words, todo_search_words_of_any_script,
       todo_search_query, todo_words;`,
  );
}
