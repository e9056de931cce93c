/** A signing key is replaced under load, by the very commands of docs/rotate-signing-key.md. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandsIn } from '@sightline/alerts/runbooks.ts';
import { openAccounts } from '@sightline/loadtest/accounts.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { CheckFailed, expectNone } from '@sightline/testkit/check.ts';
import type { ClusterContext } from '../check.ts';
import { loadUsers } from '../load.ts';
import { settled } from '../pods.ts';
import { underLoad } from './under-load.ts';

const run = promisify(execFile);
const page = 'docs/rotate-signing-key.md';
const stepMs = 240_000;

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function ask(
  context: ClusterContext,
  method: string,
  path: string,
  options: { token?: string; json?: object },
) {
  const answer = await fetch(`${context.apiUrl}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      // Each on a connection of its own, so that each pod is met.
      connection: 'close',
      ...(options.token && { authorization: `Bearer ${options.token}` }),
    },
    ...(options.json && { body: JSON.stringify(options.json) }),
    signal: AbortSignal.timeout(15_000),
  });
  return { status: answer.status, body: (await answer.json().catch(() => undefined)) as unknown };
}

/** A user with a session, who can log in again. */
async function member(context: ClusterContext) {
  const credentials = {
    email: `member-${randomBytes(8).toString('hex')}@load.sightline.example`,
    password: randomBytes(16).toString('hex'),
  };
  await ask(context, 'POST', '/v1/users', { json: { ...credentials, name: 'Member' } });
  const logIn = async () => {
    const { status, body } = await ask(context, 'POST', '/v1/sessions', { json: credentials });
    if (status !== 201) throw new CheckFailed([`A log-in was answered with ${status}.`]);
    return body as Tokens;
  };
  return { logIn };
}

const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;

async function keyIds(context: ClusterContext): Promise<readonly string[]> {
  const { body } = await ask(context, 'GET', '/.well-known/jwks.json', {});
  return (body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

/** The statuses that a token gets, asked often enough to meet each pod. */
async function statusesOf(context: ClusterContext, token: string): Promise<readonly number[]> {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask(context, 'GET', '/v1/users/me', { token })),
  );
  return [...new Set(answers.map(({ status }) => status))];
}

/** Runs the commands of a step as a reader would. @returns seconds */
async function step(context: ClusterContext, number: number): Promise<number> {
  const script = commandsIn(readFileSync(join(checkout, page), 'utf8'))[number - 1];
  if (script === undefined) throw new CheckFailed([`${page} has no commands for step ${number}.`]);
  const began = performance.now();
  // The programs of a pipe all start at once: on a machine that is its own cluster they are not to crowd out the pods.
  const args = ['-n', '19', 'bash', '-e', '-o', 'pipefail', '-c', script];
  await run('nice', args, { cwd: checkout, timeout: stepMs }).catch(
    ({ stderr, message }: { stderr?: string; message: string }) => {
      throw new CheckFailed([
        `The commands of step ${number} in ${page} failed: ${stderr?.trim() || message}`,
      ]);
    },
  );
  const seconds = (performance.now() - began) / 1000;
  // Pods that are on their way out still answer what they know.
  await settled(context.nextImage);
  return seconds;
}

const say = (seconds: number) => `${seconds.toFixed(0)} s`;

/** Says what isn't as expected after a step. */
const differs = (what: string, found: unknown, expected: unknown) =>
  JSON.stringify(found) === JSON.stringify(expected)
    ? []
    : [`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}.`];

export async function checkLeakedKey(context: ClusterContext): Promise<string> {
  const { logIn } = await member(context);
  const before = await logIn();
  const old = kidOf(before.access_token);
  const seconds: number[] = [];
  let leaked = '';
  let next = '';
  const first = await underLoad(context, await context.accounts(), async () => {
    seconds.push(await step(context, 1));
    const known = await keyIds(context);
    next = known[1] ?? '';
    expectNone([
      ...differs('The keys that verify after step 1', known, [old, next]),
      ...differs('The key that signs after step 1', kidOf((await logIn()).access_token), old),
    ]);
    seconds.push(await step(context, 2));
    expectNone([
      ...differs('The keys that verify after step 2', await keyIds(context), [next, old]),
      ...differs('The key that signs after step 2', kidOf((await logIn()).access_token), next),
      ...differs(
        'A token of the old key after step 2',
        await statusesOf(context, before.access_token),
        [200],
      ),
    ]);
    leaked = before.access_token;
    return 'with both keys';
  });
  // Whoever logged in since step 2 has tokens of the new key, and so has this load.
  const second = await underLoad(context, await openAccounts(context.apiUrl, loadUsers, true), async () => {
    seconds.push(await step(context, 3));
    expectNone([
      ...differs('The keys that verify after step 3', await keyIds(context), [next]),
      ...differs('A token of the leaked key', await statusesOf(context, leaked), [401]),
    ]);
    return 'with the new one';
  });
  const { status, body } = await ask(context, 'POST', '/v1/sessions/refresh', {
    json: { refresh_token: before.refresh_token },
  });
  if (status !== 200) throw new CheckFailed([`A session from before could not be refreshed: ${status}.`]);
  expectNone(
    differs('A session after its refresh', await statusesOf(context, (body as Tokens).access_token), [200]),
  );
  const total = seconds.reduce((sum, each) => sum + each, 0);
  return `the leaked key was worthless after ${say(total)} (steps of ${seconds.map(say).join(', ')}), sessions stayed; ${first}; ${second}`;
}
