import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { weaknessOf } from '../../src/users/new-password.ts';
import { startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

let users = 0;
const register = (password: string, change: object = {}) => {
  users += 1;
  const json = { email: `someone-${users}@example.com`, name: 'Somebody', password, ...change };
  return api.send('POST', '/v1/users', { json });
};

const ada = { email: 'ada.lovelace@analytical-engines.example', name: 'Ada Lovelace' };

describe('a new password is refused, with the rule that it breaks, when it', () => {
  test.each([
    ['is short', 'eleven char', /^must have 12 characters at least$/],
    [
      'is short once each character is one',
      'e\u0301'.repeat(6),
      /^must have 12 characters at least, each counted once/,
    ],
    ['is blanks', ' '.repeat(12), /blanks only/],
    ['is blanks of any kind', '\u2003\u3000'.repeat(8), /blanks only/],
    ['is one character', 'x'.repeat(12), /must not repeat/],
    ['is one word again and again', 'ticktockticktock', /must not repeat/],
    ['is a repetition that breaks off', 'abracadabraabracadabraabra', /must not repeat/],
    ['is numbers in a row', '123456789012', /sequences/],
    ['is the alphabet, and back', 'abcdefGFEDCBA', /sequences/],
    ['is rows of a keyboard', 'qwertyuiopasdfghjkl', /sequences/],
    ['is stretches of one character', 'aaaabbbbcccc', /sequences/],
    ['is a common one', 'administrator', /most common/],
    ['is a common one of keys', '1qaz2wsx3edc4rfv', /most common/],
    ['is a common one with digits', 'password1234', /most common/],
    ['is a common one with signs, in capitals', '!!!PASSWORD!!!1', /most common/],
    ['is a common one in full width', 'ｐａｓｓｗｏｒｄ１９８７', /most common/],
    ['is the address', ada.email, /beside the e-mail address/],
    ['is the local part with digits', 'ada.lovelace1815', /beside the e-mail address/],
    ['is the domain’s name', 'analytical-engines', /beside the e-mail address/],
    ['is the name, in capitals', 'ADA LOVELACE ADA', /beside the e-mail address/],
    ['is the name in one word', 'AdaLovelace10', /beside the e-mail address/],
    ['is the service’s name', 'Sightline-2026', /the name of this service/],
  ])('%s', async (_name, password, rule) => {
    const { status, body } = await register(password, ada);
    expect({ status, body }).toMatchObject({
      status: 422,
      body: {
        type: '/problems/validation-failed',
        errors: [{ pointer: '#/password', detail: expect.stringMatching(rule) }],
      },
    });
    expect(await api.knex('users').where({ email: ada.email }).first()).toBeUndefined();
  });
});

test('a refusal doesn’t tell whether the address is registered', async () => {
  await register('correct horse battery staple', { email: 'taken@example.com' });
  expect((await register('password1234', { email: 'taken@example.com' })).status).toBe(422);
});

test.each([
  'correct horse battery staple',
  'all small letters of a sentence',
  '4f1d2a90c7be5583',
  'Ada wrote the first programme',
  'パスワードは長いほうが良いでしょうね',
  '🐎🔋📎✅🐎🔋📎❌🚲🌍🎈🧭',
  'my password is not this one',
])('a new password is taken whatever characters it has: %s', async (password) => {
  users += 1;
  const email = `ada-${users}@analytical-engines.example`;
  expect((await register(password, { email, name: 'Ada Lovelace' })).status).toBe(201);
  expect((await api.send('POST', '/v1/sessions', { json: { email, password } })).status).toBe(201);
});

test('random passwords of a generator are taken', () => {
  const bytes = () => crypto.getRandomValues(new Uint8Array(12));
  for (let n = 0; n < 2000; n += 1) {
    for (const form of ['base64', 'hex'] as const) {
      const password = Buffer.from(bytes()).toString(form);
      expect([password, weaknessOf(password, ada)]).toEqual([password, undefined]);
    }
  }
});

test('the longest password takes no time', () => {
  const began = performance.now();
  for (const unit of ['a', 'ab', 'ada', 'aab', ' a', '\u{1f40e}', 'ﷺ']) {
    const text = unit.repeat(128 / [...unit].length);
    weaknessOf(`${text}x`, ada);
    weaknessOf(`x${text}`, { email: `${'a'.repeat(64)}@${'ab.'.repeat(60)}example`, name: 'a'.repeat(100) });
  }
  expect(performance.now() - began).toBeLessThan(1000);
});

test('who has a weak password since before the rules still logs in, and erases the account with it', async () => {
  for (const password of ['password1234', ' '.repeat(12), 'e\u0301'.repeat(6)]) {
    const { email, token } = await api.newUser();
    const passwordHash = await hash(password.normalize('NFKC'), {
      memoryCost: 8,
      timeCost: 1,
      parallelism: 1,
    });
    await api.knex('users').where({ email }).update({ password_hash: passwordHash });
    expect((await api.send('POST', '/v1/sessions', { json: { email, password } })).status).toBe(201);
    expect((await api.send('DELETE', '/v1/users/me', { token, json: { password } })).status).toBe(204);
  }
});
