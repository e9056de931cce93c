import { statfs } from 'node:fs/promises';
import pg from 'pg';

/** 1,100 bytes have been seen for a todo with its indexes; the rest is what sorting needs on the way. */
const bytesPerTodo = 1500;
/** PostgreSQL's log of what it writes, as `prepareServer` limits it. */
const walGigabytes = 4;

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);

/** Bytes that a filling takes on the disk at its most. */
export const neededBytes = (todos: number) => todos * bytesPerTodo + walGigabytes * 1e9;

/**
 * Makes a server of the tests ready for much data: fewer checkpoints. Says what it will take on the disk.
 * @throws Error with a sentence when there isn't as much
 */
export async function prepareServer(
  adminUrl: string,
  todos: number,
  say: (line: string) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    const folder = rows[0]?.data_directory ?? '';
    const { bavail, bsize } = await statfs(folder);
    const needs = `${todos.toLocaleString('en')} todos need up to ${gigabytes(neededBytes(todos))} GB in ${folder}`;
    const free = `${gigabytes(bavail * bsize)} GB are free`;
    if (bavail * bsize < neededBytes(todos))
      throw new Error(
        `${needs}, where ${free}. Make room, have TMPDIR name another disk, or give fewer ROWS.`,
      );
    say(`${needs} (${free}); they are removed at the end.`);
    for (const setting of [`max_wal_size = '${walGigabytes - 1}GB'`, "checkpoint_timeout = '30min'"])
      await client.query(`alter system set ${setting}`);
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}
