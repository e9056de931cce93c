/**
 * Proves that a restart of the API costs no accepted request. One process listens on one port, so while it is
 * away connections are refused: that is no accepted request, and the client comes again. What is promised is
 * that each request which the API took up is answered, and that a client which repeats the others, under the
 * same Idempotency-Key, ends with everything done once.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Account, eraseAccounts, openAccounts } from '@sightline/loadtest/accounts.ts';
import { CheckFailed, expectNone } from '@sightline/testkit/check.ts';
import type { Proof } from '../check.ts';
import type { LocalStack } from '../stack.ts';

/** Each a user of its own, since one may not have so many requests in a minute (RATE_LIMIT_USER). */
const clients = 8;
/** Between two todos of a client: 200 a second stay within its limit for the time that this takes. */
const betweenMs = 5;
/** How long requests are sent before the restart and after it, in milliseconds. */
const calmMs = 1500;
const restartSeconds = 300;
/** Longer than the API takes for any answer. */
const answerMs = 30_000;
/** Between two tries of a client that finds nobody. */
const retryMs = 50;

interface Attempt {
  /** Sent as X-Request-Id. */
  readonly id: string;
  /** Undefined when no whole answer came. */
  readonly status: number | undefined;
}

/** One try to create a todo. */
async function attempt(url: string, { token, origin }: Account, key: string): Promise<Attempt> {
  const id = randomUUID();
  const headers = {
    ...origin,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'idempotency-key': key,
    'x-request-id': id,
  };
  try {
    const body = JSON.stringify({ title: key });
    const signal = AbortSignal.timeout(answerMs);
    const response = await fetch(`${url}/v1/todos`, { method: 'POST', headers, body, signal });
    await response.text();
    return { id, status: response.status };
  } catch {
    // Refused, or the connection was closed before the answer was whole.
    return { id, status: undefined };
  }
}

/** How long clients go on: `ending` lets each finish what it does, `ended` doesn't. */
type Phase = 'going' | 'ending' | 'ended';

/** Creates todos one after the other, each tried until it is answered. */
async function keepCreating(
  url: string,
  account: Account,
  phase: () => Phase,
  attempts: Attempt[],
  answered: string[],
) {
  while (phase() === 'going') {
    const key = randomUUID();
    while (phase() !== 'ended') {
      const result = await attempt(url, account, key);
      attempts.push(result);
      if (result.status !== undefined) {
        answered.push(key);
        break;
      }
      await pause(retryMs);
    }
    await pause(betweenMs);
  }
}

/** Titles of the todos that a client created. */
async function titlesOf(url: string, { token, todoId, origin }: Account): Promise<string[]> {
  const titles: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${url}/v1/todos?limit=100${query}`, {
      headers: { ...origin, authorization: `Bearer ${token}` },
    });
    const page = (await response.json()) as {
      items: { id: string; title: string }[];
      next_cursor: string | null;
    };
    titles.push(...page.items.filter(({ id }) => id !== todoId).map(({ title }) => title));
    cursor = page.next_cursor;
  }
  return titles;
}

/** Sentences about what a restart cost, by what clients got and what the API logged. */
export function lossesOf(
  attempts: readonly Attempt[],
  loggedIds: ReadonlySet<string>,
  keys: readonly string[],
  titles: readonly string[],
): string[] {
  const unanswered = attempts.filter(({ id, status }) => status === undefined && loggedIds.has(id));
  const refused = attempts.filter(({ status }) => status !== undefined && status !== 201);
  const times = new Map<string, number>();
  for (const title of titles) times.set(title, (times.get(title) ?? 0) + 1);
  const lost = keys.filter((key) => !times.has(key));
  const doubled = [...times].filter(([, count]) => count > 1);
  return [
    ...(unanswered.length > 0
      ? [
          `${unanswered.length} requests were taken up by the API (its log has them) and not answered; none may be.`,
        ]
      : []),
    ...(refused.length > 0
      ? [
          `${refused.length} requests were answered with ${[...new Set(refused.map(({ status }) => status))].join(', ')}; all have to get 201.`,
        ]
      : []),
    ...(lost.length > 0 ? [`${lost.length} todos that were answered with 201 are not there.`] : []),
    ...(doubled.length > 0
      ? [`${doubled.length} todos are there twice, in spite of their Idempotency-Key.`]
      : []),
  ];
}

/** Restarts the API while clients create todos, and waits until each has its last answer. */
async function createThroughRestart(
  url: string,
  accounts: readonly Account[],
  local: LocalStack,
  { signal, say }: Pick<Proof, 'signal' | 'say'>,
): Promise<{ attempts: Attempt[]; answered: string[] }> {
  const attempts: Attempt[] = [];
  const answered: string[] = [];
  let phase: Phase = 'going';
  const working = Promise.all(
    accounts.map((account) => keepCreating(url, account, () => phase, attempts, answered)),
  );
  // Without the API they would try for ever.
  const giveUp = () => {
    phase = 'ended';
  };
  let patience: NodeJS.Timeout | undefined;
  try {
    await pause(calmMs, undefined, { signal });
    say('restarts the API');
    await local.restartApi(signal);
    await pause(calmMs, undefined, { signal });
    phase = 'ending';
    patience = setTimeout(giveUp, restartSeconds * 1000);
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    await working;
    clearTimeout(patience);
  }
  return { attempts, answered };
}

export async function checkRestart(proof: Proof): Promise<string> {
  const { clientsUrl, local } = proof.stack;
  if (local === undefined || clientsUrl === undefined)
    throw new CheckFailed(['Only a stack of this machine can be restarted.']);
  const accounts = await openAccounts(clientsUrl, clients, true);
  try {
    const logEnd = local.log.end();
    const { attempts, answered } = await createThroughRestart(clientsUrl, accounts, local, proof);
    const loggedIds = new Set(local.log.requestsSince(logEnd).map(({ id }) => id));
    const titles: string[] = [];
    for (const account of accounts) titles.push(...(await titlesOf(clientsUrl, account)));
    expectNone(lossesOf(attempts, loggedIds, answered, titles));
    const repeated = attempts.filter(({ status }) => status === undefined).length;
    return (
      `${answered.length} todos created while the API restarted, each once; each request that it took up was ` +
      `answered, ${repeated} that found it away were repeated`
    );
  } finally {
    await eraseAccounts(clientsUrl, accounts);
  }
}
