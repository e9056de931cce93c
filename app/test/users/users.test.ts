import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';

describe('users', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  const valid = { email: 'ada@example.com', password: 'a good long password', name: 'Ada' };

  test('register with their e-mail address in lower case, and without their password in the answer', async () => {
    const answer = await api.send('POST', '/v1/users', { json: { ...valid, email: 'Grace@Example.COM' } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/v1/users/me');
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      email: 'grace@example.com',
      name: 'Ada',
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.any(String),
    });
  });

  test('are one for each e-mail address, however it is written, also when registered at once', async () => {
    const emails = ['twin@example.com', 'TWIN@example.com', 'Twin@Example.com', 'twin@EXAMPLE.com'];
    const answers = await Promise.all(
      emails.map((email) => api.send('POST', '/v1/users', { json: { ...valid, email } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      type: '/problems/email-taken',
      errors: [{ pointer: '#/email' }],
    });
  });

  test('have their password stored as argon2id only', async () => {
    await api.send('POST', '/v1/users', { json: { ...valid, email: 'stored@example.com' } });
    const row = await api.knex('users').where({ email: 'stored@example.com' }).first();
    expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    expect(JSON.stringify(row)).not.toContain(valid.password);
  });

  test('see themselves', async () => {
    const user = await api.newUser();
    const answer = await api.send('GET', '/v1/users/me', { token: user.token });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: user.id, email: user.email });
  });

  test('who are gone are no longer known by their token', async () => {
    const user = await api.newUser();
    await api.knex('users').where({ id: user.id }).delete();
    const answers = [
      await api.send('GET', '/v1/users/me', { token: user.token }),
      await api.send('POST', '/v1/todos', { token: user.token, json: { title: 'nobody’s' } }),
    ];
    for (const { status, headers } of answers) {
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });
});
