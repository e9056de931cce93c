import { randomUUID } from 'node:crypto';
import pg from 'pg';

/**
 * Begins a session of a user, for an access token that may write.
 * @returns its id; one of no session where there is no such user
 */
export async function beginSession(databaseUrl: string, userId: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      `insert into sessions (user_id, expires_at)
       select id, now() + interval '1 day' from users where id = $1 returning id`,
      [userId],
    );
    return rows[0]?.id ?? randomUUID();
  } finally {
    await client.end();
  }
}
