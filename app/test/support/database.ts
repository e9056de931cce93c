import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { eventually } from './eventually.ts';

/** A database of a test file's own, on the server that stack/checks started for the whole run. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const { TEST_DATABASE_URL: url } = process.env;
  if (!url)
    throw new Error('TEST_DATABASE_URL is not set: run the tests by `make test`, or jest from the root.');
  return url;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  // Refused while PostgreSQL's own vacuum happens to look at the database; that takes moments.
  const drop = () =>
    eventually(async () => {
      await onServer(`drop database if exists ${name} with (force)`);
      return true;
    });
  return { url: url.href, drop };
}
