import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { createAccessTokens, generateSigningKey } from '@sightline/app/src/sessions/access-tokens.ts';
import { type SigningKey, signingKeySet } from '@sightline/app/src/sessions/key-set.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { rotated } from '../kubernetes/key-rotation.ts';

const settings = { JWT_ISSUER: 'issuer', JWT_AUDIENCE: 'audience', ACCESS_TOKEN_SECONDS: 60 };
const principal = {
  userId: '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01',
  sessionId: '01a1fdb5-e49a-7cf0-8389-d72e1aae7a02',
};
/** Verifies, with one key set, a token that an instance with another one made. */
async function verifiedBy(verifier: readonly SigningKey[], signer: readonly SigningKey[]) {
  const { token } = await (await createAccessTokens(signer, settings)).issue(principal);
  return (await createAccessTokens(verifier, settings)).verify(token);
}

/** The command of docs/rotate-signing-key.md. */
const rotateKey = (step: string, input: string) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['stack/kubernetes/rotate-key.ts', step], {
    cwd: checkout,
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

describe('a signing key that is rotated', () => {
  const start: readonly SigningKey[] = [generateSigningKey()];
  const added = rotated(start, 'add');
  const signs = rotated(added, 'sign');
  const dropped = rotated(signs, 'drop');

  test('is in the set before it signs, signs before it is alone, and then is', () => {
    const [old, next] = added;
    expect(old).toEqual(start[0]);
    expect(signs).toEqual([next, old]);
    expect(dropped).toEqual([next]);
  });

  test.each([
    ['start', start, 'add', added],
    ['add', added, 'sign', signs],
    ['sign', signs, 'drop', dropped],
  ] as const)(
    'never makes a token that an instance one step away can not verify: from %s',
    async (_, before, __, after) => {
      await expect(verifiedBy(before, after)).resolves.toMatchObject(principal);
      // When the old key is dropped, instances of both sets sign with the new one.
      await expect(verifiedBy(after, before)).resolves.toMatchObject(principal);
    },
  );

  test('is worthless once it is dropped', async () => {
    await expect(verifiedBy(signs, start)).resolves.toMatchObject(principal);
    await expect(verifiedBy(dropped, start)).resolves.toEqual({ refused: 'The access token is not valid.' });
  });
});

describe('the command that rotates a key', () => {
  const set = JSON.stringify({ keys: [generateSigningKey()] });

  test('takes a key set through the steps, and each result is one that the service takes', () => {
    let text = set;
    const ids: string[][] = [];
    for (const step of ['add', 'sign', 'drop']) {
      const { status, stdout } = rotateKey(step, text);
      expect(status).toBe(0);
      ids.push(signingKeySet.parse(JSON.parse(stdout)).map(({ kid }) => kid));
      text = stdout;
    }
    const [[old, next] = []] = ids;
    expect(ids).toEqual([[old, next], [next, old], [next]]);
  });

  test.each([
    ['a step that there is not', 'turn', set, '"turn" is no step. The steps, in this order:'],
    ['a step that has nothing to do', 'sign', set, 'There is only one key, so "sign" has nothing to do'],
    ['what is no key set', 'add', '{"keys":[{"d":"a secret"}]}', 'stdin is no key set:'],
  ])('refuses %s with a sentence, and shows no key', (_, step, input, says) => {
    const { status, stdout, stderr } = rotateKey(step, input);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('secret');
  });
});
