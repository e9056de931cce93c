/** `make fuzz`: the fuzz of app/test/fuzz/fuzz.test.ts, longer, or again. */

import { startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { client, registerUser } from '../support/api.ts';
import { fuzz } from './fuzz.ts';
import { settings } from './settings.ts';

function integer(name: string, unset: number): number {
  const text = process.env[name] || String(unset);
  if (!/^\d{1,9}$/.test(text))
    throw new Error(`${name}: got "${text}"; takes an integer from 0 to 999999999`);
  return Number(text);
}

const requests = integer('REQUESTS', 100_000);
const seed = integer('SEED', Math.floor(Math.random() * 1e9));
console.log(`Fuzz of ${requests} requests with SEED=${seed}.`);
const database = await createTestDatabase();
try {
  await startProcess('database/migrate.ts', { DATABASE_URL: database.url }).ended;
  const api = await startApiProcess({ DATABASE_URL: database.url, ...settings });
  try {
    const { token } = await registerUser(client(api.url));
    await fuzz(api, { requests, seed, token, tell: (line) => console.log(line) });
  } finally {
    api.child.kill('SIGKILL');
    await api.ended;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await database.drop();
}
