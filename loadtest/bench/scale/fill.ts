import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Dataset, todoColumns, userColumns } from './dataset.ts';

/** How far a filling is. */
export interface Progress {
  readonly step: string;
  /** Only while todos are copied. */
  readonly rows?: number;
}

const chunkBytes = 256 * 1024;
/**
 * `maintenance_work_mem` of the connection that fills: sorting an index's entries in memory is what makes it
 * in a minute and not in five.
 */
const memory = '512MB';

/**
 * An index or foreign key that can be dropped and made again: it is made much faster from all rows than row
 * by row.
 */
interface Rebuilt {
  readonly name: string;
  readonly drop: string;
  readonly make: string;
}

const indexes = `
  select relname as name, format('drop index %I', relname) as drop, pg_get_indexdef(indexrelid) as make
  from pg_index join pg_class on pg_class.oid = indexrelid
  where indrelid = 'todos'::regclass and not exists (select from pg_constraint where conindid = indexrelid)
  order by relname`;

const foreignKeys = `
  select conname as name, format('alter table todos drop constraint %I', conname) as drop,
    format('alter table todos add constraint %I %s', conname, pg_get_constraintdef(oid)) as make
  from pg_constraint where conrelid = 'todos'::regclass and contype = 'f' order by conname`;

/** Few large pieces: a write for each row would take longer than the row. */
function* inChunks(lines: Iterable<string>, each: () => void): Generator<Buffer> {
  let text = '';
  for (const line of lines) {
    text += line;
    each();
    if (text.length < chunkBytes) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

async function copy(
  client: pg.Client,
  target: string,
  lines: Iterable<string>,
  each: () => void,
): Promise<void> {
  await pipeline(
    Readable.from(inChunks(lines, each), { objectMode: false }),
    client.query(copyFrom(`copy ${target}`)),
  );
}

/**
 * Fills a migrated, empty database with a dataset. Indexes and foreign keys of `todos` are dropped first and made
 * again at the end, as the catalogue describes them, so the schema is what it was.
 * @param say told of each step, and of each 10,000 rows
 * @throws what PostgreSQL says; the database is then of no use
 */
export async function fill(
  databaseUrl: string,
  dataset: Dataset,
  say: (progress: Progress) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`set maintenance_work_mem = '${memory}'; set synchronous_commit = off`);
    const rebuilt: Rebuilt[] = [];
    for (const sql of [indexes, foreignKeys]) rebuilt.push(...(await client.query<Rebuilt>(sql)).rows);
    say({ step: `dropping ${rebuilt.map(({ name }) => name).join(', ')}` });
    // One transaction from the truncation on: rows of COPY FREEZE need no visit of vacuum later.
    await client.query('begin; truncate todos, todo_events');
    for (const { drop } of rebuilt) await client.query(drop);
    await copy(client, `users (${userColumns.join()}) from stdin`, dataset.users(), () => {});
    let rows = 0;
    await copy(client, `todos (${todoColumns.join()}) from stdin (freeze)`, dataset.todos(), () => {
      rows += 1;
      if (rows % 10_000 === 0) say({ step: 'copying', rows });
    });
    await client.query('commit');
    for (const { name, make } of rebuilt) {
      say({ step: `making ${name}` });
      await client.query(make);
    }
    say({ step: 'vacuum analyze' });
    await client.query('vacuum (analyze) todos');
    await client.query('vacuum (analyze) users');
  } finally {
    await client.end();
  }
}
