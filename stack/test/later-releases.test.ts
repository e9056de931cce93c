import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '@sightline/app/test/support/api.ts';
import type { Knex } from 'knex';
import * as expand from '../images/later-releases/900_add_users_display_name.ts';
import * as contract from '../images/later-releases/901_drop_users_name.ts';

let api: TestApi;
let knex: Knex;
beforeAll(async () => {
  api = await startApi();
  // A migration runs as the owner of the schema.
  knex = api.owner;
});
afterAll(() => api?.stop());

let users = 0;
/** A user as a release writes one: with the columns that it knows. */
async function write(columns: Readonly<Record<string, string>>): Promise<string> {
  users += 1;
  const row = { email: `user-${users}@sightline.example`, password_hash: 'none', ...columns };
  const [written] = await knex('users').insert(row).returning<{ id: string }[]>('id');
  return written?.id ?? '';
}
const read = (id: string) => knex('users').where({ id }).first();

describe('the example of a schema change in two steps', () => {
  test('keeps both names the same while a release of each runs', async () => {
    const before = await write({ name: 'Before' });
    await expand.up(knex);
    expect(await read(before)).toMatchObject({ name: 'Before', display_name: 'Before' });
    const old = await write({ name: 'By the old release' });
    expect(await read(old)).toMatchObject({ display_name: 'By the old release' });
    const next = await write({ display_name: 'By the next release' });
    expect(await read(next)).toMatchObject({ name: 'By the next release' });
    await knex('users').where({ id: old }).update({ display_name: 'Changed by the next' });
    expect(await read(old)).toMatchObject({ name: 'Changed by the next' });
    await knex('users').where({ id: next }).update({ name: 'Changed by the old' });
    expect(await read(next)).toMatchObject({ display_name: 'Changed by the old' });
    await expect(write({})).rejects.toThrow(/users_display_name_length|null value/);
  });

  test('lets this release serve its users meanwhile', async () => {
    const { token } = await api.newUser();
    expect((await api.send('GET', '/v1/users/me', { token })).status).toBe(200);
  });

  test('can be taken back and made again, and loses nothing by it', async () => {
    const id = await write({ name: 'Kept' });
    await contract.up(knex);
    expect(Object.keys(await read(id))).not.toContain('name');
    const late = await write({ display_name: 'Late' });
    await contract.down(knex);
    expect(await read(id)).toMatchObject({ name: 'Kept', display_name: 'Kept' });
    expect(await read(late)).toMatchObject({ name: 'Late' });
    await expand.down(knex);
    expect(Object.keys(await read(late))).not.toContain('display_name');
    expect(await read(late)).toMatchObject({ name: 'Late' });
    await expand.up(knex);
    await contract.up(knex);
    expect(await read(late)).toMatchObject({ display_name: 'Late' });
    await contract.down(knex);
    await expand.down(knex);
  });
});
