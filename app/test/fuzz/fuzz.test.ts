import { expect, test } from '@jest/globals';
import { startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { client, registerUser } from '../support/api.ts';
import { fuzz } from './fuzz.ts';
import { settings } from './settings.ts';

test('ten thousand requests of any bytes are answered and counted, and end nothing', async () => {
  const database = await createTestDatabase();
  expect(await startProcess('database/migrate.ts', { DATABASE_URL: database.url }).ended).toBe(0);
  const api = await startApiProcess({ DATABASE_URL: database.url, ...settings });
  try {
    const { token } = await registerUser(client(api.url));
    const { requests, answers } = await fuzz(api, { requests: 10_000, seed: 22, token });
    expect(requests).toBeGreaterThanOrEqual(10_000);
    // It gets everywhere, from the parser to the database.
    expect(Object.keys(answers)).toEqual(
      expect.arrayContaining(['200', '201', '204', '400', '401', '404', '405', '415', '417', '422']),
    );
  } finally {
    api.child.kill('SIGTERM');
    await api.ended;
    await database.drop();
  }
  // Some 20 s on a quiet machine; other tests run beside it.
});
