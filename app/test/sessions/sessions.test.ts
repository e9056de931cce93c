import { generateKeyPairSync, randomUUID, type webcrypto } from 'node:crypto';
import { mock } from 'node:test';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { clockToleranceSeconds } from '@sightline/contract/clock.ts';
import { base64url, exportJWK, importJWK, type JWTPayload, SignJWT } from 'jose';
import { createAccessTokens, generateSigningKey } from '../../src/sessions/access-tokens.ts';
import { signingKeySet } from '../../src/sessions/key-set.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

describe('sessions', () => {
  let api: TestApi;
  let user: TestUser;
  beforeAll(async () => {
    api = await startApi();
    user = await api.newUser();
  });
  afterAll(() => api.stop());

  test('give an access token for e-mail address and password', async () => {
    const answer = await api.send('POST', '/v1/sessions', {
      json: { email: user.email, password: user.password },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  test('answer a wrong password and an unknown user alike', async () => {
    const [wrong, unknown] = await Promise.all(
      [user.email, 'nobody@example.com'].map((email) =>
        api.send('POST', '/v1/sessions', { json: { email, password: 'not the password' } }),
      ),
    );
    expect(wrong?.status).toBe(401);
    expect(wrong?.headers.get('www-authenticate')).toBe('Bearer realm="sightline"');
    const { request_id: _a, ...problem } = wrong?.body ?? {};
    const { request_id: _b, ...other } = unknown?.body ?? {};
    expect(problem).toEqual(other);
    expect(problem['type']).toBe('/problems/invalid-credentials');
  });

  test('publish the public part of the keys, and no private one', async () => {
    const { body } = await api.send('GET', '/.well-known/jwks.json');
    expect(body).toEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: expect.any(String),
          kid: api.signingKey.kid,
          alg: 'EdDSA',
          use: 'sig',
        },
      ],
    });
  });

  describe('an access token', () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = () => ({
      iss: api.config.JWT_ISSUER,
      aud: api.config.JWT_AUDIENCE,
      sub: user.id,
      sid: crypto.randomUUID(),
      jti: 'test',
      iat: now,
      exp: now + 60,
    });
    const header = () => ({ alg: 'EdDSA', kid: api.signingKey.kid, typ: 'at+jwt' });
    const sign = async (payload: object, protectedHeader = header(), key = api.signingKey) =>
      new SignJWT(payload as JWTPayload)
        .setProtectedHeader(protectedHeader)
        .sign((await importJWK(key as webcrypto.JsonWebKey, 'EdDSA')) as webcrypto.CryptoKey);
    const unsigned = (alg: string, payload: JWTPayload) =>
      `${base64url.encode(JSON.stringify({ ...header(), alg }))}.${base64url.encode(JSON.stringify(payload))}.`;
    const symmetric = () =>
      // The public key taken for an HMAC secret: the classic confusion of algorithms.
      new SignJWT(claims())
        .setProtectedHeader({ ...header(), alg: 'HS256' })
        .sign(new TextEncoder().encode(String(api.signingKey.x).padEnd(32)));
    const tampered = async () => {
      const [head, , signature] = (await sign(claims())).split('.');
      return [
        head,
        base64url.encode(JSON.stringify({ ...claims(), sub: crypto.randomUUID() })),
        signature,
      ].join('.');
    };

    const tokens: Record<string, () => string | Promise<string>> = {
      'that has expired': () => sign({ ...claims(), iat: now - 120, exp: now - 60 }),
      'for another audience': () => sign({ ...claims(), aud: 'https://elsewhere.example' }),
      'of another issuer': () => sign({ ...claims(), iss: 'https://elsewhere.example' }),
      'without a subject': () => sign({ ...claims(), sub: undefined }),
      'whose subject is no user id': () => sign({ ...claims(), sub: "' or 1=1" }),
      'without a session': () => sign({ ...claims(), sid: undefined }),
      'whose session is no session id': () => sign({ ...claims(), sid: 'current' }),
      'without an expiry': () => sign({ ...claims(), exp: undefined }),
      'that was issued in the future': () => sign({ ...claims(), iat: now + 3600, exp: now + 3660 }),
      'that expires in a hundred years': () => sign({ ...claims(), exp: now + 100 * 365 * 86_400 }),
      'that is not valid yet': () => sign({ ...claims(), nbf: now + 3600 }),
      'whose time of issue is no number': () => sign({ ...claims(), iat: 'now' }),
      'of another type': () => sign(claims(), { ...header(), typ: 'JWT' }),
      'signed by another key under our kid': () => sign(claims(), header(), generateSigningKey()),
      'of an unknown kid': () => sign(claims(), { ...header(), kid: 'unknown' }),
      'with alg none': () => unsigned('none', claims()),
      'with alg None': () => unsigned('None', claims()),
      'with an empty signature': () => unsigned('EdDSA', claims()),
      'with alg HS256 over the public key': symmetric,
      'with its claims exchanged': tampered,
      'that is no JWT': () => 'abc',
    };
    test.each(Object.keys(tokens))('%s is refused', async (name) => {
      const token = await tokens[name]?.();
      const answer = await api.send('GET', '/v1/users/me', { token });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sightline", error="invalid_token"');
      expect(answer.body).toMatchObject({ type: '/problems/unauthenticated' });
    });

    test('of an instance whose clock is ahead by what is tolerated is taken', async () => {
      const ahead = clockToleranceSeconds - 60;
      const token = await sign({ ...claims(), iat: now + ahead, exp: now + ahead + 60 });
      expect((await api.send('GET', '/v1/users/me', { token })).status).toBe(200);
    });

    test('made by the same rules is taken, so that the refusals above have one reason each', async () => {
      expect((await api.send('GET', '/v1/users/me', { token: await sign(claims()) })).status).toBe(200);
    });

    test.each([
      [{}],
      [{ Authorization: 'Basic YTpi' }],
      [{ Authorization: 'Bearer' }],
      [{ Authorization: 'Bearer a b' }],
    ])('that is not sent as a bearer token is asked for: %j', async (headers) => {
      const answer = await api.send('GET', '/v1/todos', { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sightline"');
    });
  });
});

describe('a token that was verified before', () => {
  const config = { JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', ACCESS_TOKEN_SECONDS: 900 };
  const principal = () => ({ userId: randomUUID(), sessionId: randomUUID() });
  afterEach(() => {
    mock.timers.reset();
  });

  test('is known until it expires, and then refused', async () => {
    mock.timers.enable({ apis: ['Date'], now: new Date('2026-11-21T10:00:00Z') });
    const tokens = await createAccessTokens([generateSigningKey()], config);
    const owner = principal();
    const { token } = await tokens.issue(owner);
    expect(tokens.known(token)).toBeUndefined();
    expect(await tokens.verify(token)).toEqual(owner);
    mock.timers.setTime(Date.parse('2026-11-21T10:14:59.999Z'));
    expect(tokens.known(token)).toMatchObject(owner);
    mock.timers.setTime(Date.parse('2026-11-21T10:15:00Z'));
    expect(tokens.known(token)).toBeUndefined();
    expect(await tokens.verify(token)).toEqual({ refused: 'The access token has expired.' });
  });

  test('is not known when it was refused, nor by another process or with a changed byte', async () => {
    const tokens = await createAccessTokens([generateSigningKey()], config);
    const other = await createAccessTokens([generateSigningKey()], config);
    const { token } = await tokens.issue(principal());
    expect(await other.verify(token)).toHaveProperty('refused');
    expect(other.known(token)).toBeUndefined();
    await tokens.verify(token);
    expect(tokens.known(token)).toBeDefined();
    expect(tokens.known(`${token.slice(0, -1)}${token.endsWith('A') ? 'Q' : 'A'}`)).toBeUndefined();
  });

  test('gives its place to others when ten thousand came after it', async () => {
    const tokens = await createAccessTokens([generateSigningKey()], config);
    const verified = async () => {
      const { token } = await tokens.issue(principal());
      await tokens.verify(token);
      return token;
    };
    const first = await verified();
    const second = await verified();
    for (let n = 0; n < 9999; n += 1) await verified();
    expect(tokens.known(first)).toBeUndefined();
    expect(tokens.known(second)).toBeDefined();
  });
});

describe('rotated keys', () => {
  const config = { JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', ACCESS_TOKEN_SECONDS: 60 };
  const principal = {
    userId: '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01',
    sessionId: '01a1fdb5-e49a-7cf0-8389-d72e1aae7a02',
  };

  test('verify side by side: a token of the old key holds while the new one signs', async () => {
    const [older, newer] = [generateSigningKey(), generateSigningKey()];
    const before = await createAccessTokens([older], config);
    const during = await createAccessTokens([newer, older], config);
    const after = await createAccessTokens([newer], config);
    const { token: oldToken } = await before.issue(principal);
    const { token: newToken } = await during.issue(principal);
    expect(await during.verify(oldToken)).toEqual(principal);
    expect(await after.verify(oldToken)).toHaveProperty('refused');
    expect(await after.verify(newToken)).toEqual(principal);
    expect(during.keySet.keys.map(({ kid }) => kid)).toEqual([newer.kid, older.kid]);
  });

  test('may be RSA beside Ed25519, each only with its own algorithm', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const [rsa] = signingKeySet.parse({ keys: [{ ...(await exportJWK(privateKey)), kid: 'rsa' }] });
    if (!rsa) throw new Error('no key');
    const tokens = await createAccessTokens([rsa, generateSigningKey()], config);
    const { token } = await tokens.issue(principal);
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      alg: 'RS256',
      kid: 'rsa',
    });
    expect(await tokens.verify(token)).toEqual(principal);
    expect(Object.keys(tokens.keySet.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  test('of RSA may not be shorter than 2048 bits', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(
      signingKeySet.safeParse({ keys: [{ ...(await exportJWK(privateKey)), kid: 'weak' }] }).success,
    ).toBe(false);
  });
});
