/** The contents of a database in a few words that are the same for the same contents. */
import { createHash } from 'node:crypto';
import type pg from 'pg';

export interface TableContents {
  readonly name: string;
  /** A decimal number as text: there may be more than a number counts. */
  readonly rows: string;
  /** The sum of each row's SHA-256, the first 64 bits of it: the order of the rows does not matter. */
  readonly checksum: string;
}

export interface Contents {
  /** The newest migration; none in a database without. */
  readonly schemaVersion: string | null;
  /** SHA-256 of the names and types of everything the schema consists of. */
  readonly schema: string;
  readonly tables: readonly TableContents[];
}

/** Objects that belong to the database itself: not PostgreSQL's, and not an extension's. */
const own = (catalogue: string, oid: string, namespace: string) =>
  `${namespace} !~ '^(pg_|information_schema$)' and not exists (select from pg_catalog.pg_depend d ` +
  `where d.classid = 'pg_catalog.${catalogue}'::regclass and d.objid = ${oid} and d.deptype = 'e')`;

const tables = `
  select format('%I.%I', n.nspname, c.relname) as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and ${own('pg_class', 'c.oid', 'n.nspname')}
  order by n.nspname collate "C", c.relname collate "C"`;

/** No definitions: PostgreSQL may write the same expression in another way once it has read it back. */
const schemaLines = `
  select line from (
    select format('column %I.%I.%I %s %s', n.nspname, c.relname, a.attname,
      format_type(a.atttypid, a.atttypmod), a.attnotnull) as line
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped
      and ${own('pg_class', 'c.oid', 'n.nspname')}
    union all
    select format('index %I.%I %s %s', n.nspname, c.relname, i.indisunique, i.indisvalid)
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${own('pg_class', 'i.indrelid', 'n.nspname')}
    union all
    select format('constraint %I.%I %I %s %s', n.nspname, c.relname, k.conname, k.contype, k.convalidated)
    from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where k.contype <> 'n' and ${own('pg_class', 'c.oid', 'n.nspname')}
    union all
    select format('trigger %I.%I %I', n.nspname, c.relname, t.tgname)
    from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and ${own('pg_class', 'c.oid', 'n.nspname')}
    union all
    select format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where ${own('pg_proc', 'p.oid', 'n.nspname')}
    union all
    select format('sequence %I.%I', n.nspname, c.relname)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and ${own('pg_class', 'c.oid', 'n.nspname')}
    union all
    select format('extension %I', extname) from pg_catalog.pg_extension
  ) lines order by line collate "C"`;

const migrations = 'public.knex_migrations';

async function schemaVersion(client: pg.Client): Promise<string | null> {
  const known = await client.query('select to_regclass($1) as known', [migrations]);
  if (known.rows[0]?.known === null) return null;
  const { rows } = await client.query<{ name: string }>(
    `select name from ${migrations} order by id desc limit 1`,
  );
  return rows[0]?.name ?? null;
}

/** Whether there is nothing in a database that a restore could meet. */
export async function isEmpty(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ line: string }>(schemaLines);
  return rows.every(({ line }) => line.startsWith('extension '));
}

/** Reads the contents of a database, as the connection's transaction sees it. Reads every row. */
export async function contentsOf(client: pg.Client): Promise<Contents> {
  const found = await client.query<{ name: string }>(tables);
  const contents: TableContents[] = [];
  for (const { name } of found.rows) {
    // As ::text writes a row, which would also call a cast that the table's owner made, as whoever takes backups.
    const { rows } = await client.query<{ rows: string; checksum: string }>(
      `select count(*)::text as rows, coalesce(sum(('x' || encode(substr(sha256(
        convert_to(pg_catalog.textin(pg_catalog.record_out(whole.*)), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint), 0)::text as checksum
       from ${name} whole`,
    );
    for (const row of rows) contents.push({ name, ...row });
  }
  const lines = await client.query<{ line: string }>(schemaLines);
  const schema = createHash('sha256').update(lines.rows.map(({ line }) => line).join('\n'));
  return { schemaVersion: await schemaVersion(client), schema: schema.digest('hex'), tables: contents };
}

/** Sentences about what differs between what should be there and what is. */
export function differences(expected: Contents, found: Contents): readonly string[] {
  const of = ({ tables: all }: Contents) => new Map(all.map((table) => [table.name, table]));
  const [before, after] = [of(expected), of(found)];
  return [
    ...(expected.schemaVersion === found.schemaVersion
      ? []
      : [`The schema is ${found.schemaVersion}; the backup was of ${expected.schemaVersion}.`]),
    ...(expected.schema === found.schema
      ? []
      : ['Columns, indexes or constraints are not those of the backup.']),
    ...[...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
      const [was, is] = [before.get(name), after.get(name)];
      if (was === undefined) return [`The table ${name} is not in the manifest.`];
      if (is === undefined) return [`The table ${name} is missing.`];
      if (was.rows !== is.rows) return [`The table ${name} has ${is.rows} rows; the backup had ${was.rows}.`];
      return was.checksum === is.checksum
        ? []
        : [`The rows of the table ${name} are not those of the backup.`];
    }),
  ];
}
