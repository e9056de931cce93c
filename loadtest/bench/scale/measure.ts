import { type KeptAnswer, keepAliveClient } from '@sightline/testkit/keep-alive.ts';
import type { Service } from '../service.ts';
import type { Execution } from './plans.ts';

/** A service on one of the two databases, as its measured user. */
export interface MeasuredService {
  readonly service: Service;
  readonly token: string;
}

/** One request that is sent again and again. */
export interface Case {
  readonly name: string;
  readonly database: 'small' | 'large';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly json?: unknown;
}

export type Grounds = Readonly<Record<Case['database'], MeasuredService>>;

/** The results of a case: times in milliseconds, each from the request to the end of its answer. */
export interface Times {
  readonly ms: readonly number[];
  /** The answer that came in place of 200 or 201; `undefined` when all was well. */
  readonly refused: string | undefined;
}

const warmUps = 10;
/** Nobody waits longer for one case, however slow it is. */
const longestCaseMs = 15_000;
/** PostgreSQL may choose another plan for a prepared statement from the sixth execution on. */
const explained = 12;

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

type Ask = (one: Case) => Promise<KeptAnswer>;

async function withClients<Result>(grounds: Grounds, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const clients = {
    small: keepAliveClient(grounds.small.service.url, 1),
    large: keepAliveClient(grounds.large.service.url, 1),
  };
  try {
    return await work(({ database, method, path, json }) =>
      clients[database].send(method, path, grounds[database].token, json),
    );
  } finally {
    for (const { close } of Object.values(clients)) close();
  }
}

const refusal = ({ status, text }: KeptAnswer) =>
  status === 200 || status === 201 ? undefined : `${status} ${text.slice(0, 200)}`;

/**
 * Sends each case's request so many times, one request at a time, a round of all cases after the other: what slows the
 * machine down slows all of them down. Each round begins with another case, and every other one goes backwards, since
 * a service that has just answered is a little faster than one that hasn't.
 * @param say told of each round
 */
export function measure(
  grounds: Grounds,
  cases: readonly Case[],
  requests: number,
  say: (round: number) => void,
): Promise<Map<Case, Times>> {
  return withClients(grounds, async (ask) => {
    const results = new Map(
      cases.map((one) => [one, { ms: [] as number[], refused: undefined as string | undefined, spent: 0 }]),
    );
    for (let round = -warmUps; round < requests; round += 1) {
      say(round);
      const first = (round + warmUps) % cases.length;
      const forwards = [...cases.slice(first), ...cases.slice(0, first)];
      for (const one of round % 2 === 0 ? forwards : forwards.toReversed()) {
        const result = results.get(one);
        if (!result || result.refused !== undefined || result.spent > longestCaseMs) continue;
        const began = performance.now();
        const answer = await ask(one);
        const ms = performance.now() - began;
        result.spent += ms;
        result.refused = refusal(answer);
        // The first ones count only where there will be no others.
        if (round >= 0 || result.spent > longestCaseMs) result.ms.push(ms);
      }
    }
    return results;
  });
}

/**
 * Sends each case's request a few times to services whose statements are explained.
 * @returns of each case the executions, the first ones left out; none when it was refused
 */
export function explain(
  grounds: Grounds,
  cases: readonly Case[],
  executions: () => readonly Execution[],
): Promise<Map<Case, readonly Execution[]>> {
  return withClients(grounds, async (ask) => {
    const found = new Map<Case, readonly Execution[]>();
    for (const one of cases) {
      executions();
      const all: Execution[] = [];
      const began = performance.now();
      for (let n = 0; n < explained && performance.now() - began < longestCaseMs; n += 1) {
        if (refusal(await ask(one)) !== undefined) break;
        all.push(...executions());
      }
      found.set(one, all.slice(Math.floor(all.length / 2)));
    }
    return found;
  });
}
