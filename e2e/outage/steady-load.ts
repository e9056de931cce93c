import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openAccounts, usersFor } from '@sightline/loadtest/accounts.ts';
import { keepAliveClient } from '@sightline/testkit/keep-alive.ts';

/** A request, with the id that it carried, and its answer. */
export interface SentRequest {
  readonly id: string;
  readonly method: string;
  readonly route: string;
  readonly expected: number;
  /** In milliseconds since 1970. */
  readonly sentAt: number;
  /** Undefined until it is answered, and when no whole answer comes. */
  status?: number;
  /** From when it was due to the end of its answer. */
  seconds?: number;
}

/** Requests that begin at a constant rate, however long their answers take. */
export interface SteadyLoad extends AsyncDisposable {
  readonly requests: readonly SentRequest[];
  /** How many were due while too many waited for an answer, and were left out. */
  readonly skipped: () => number;
  /** Ends with the last answer. */
  pause(): Promise<void>;
  resume(): void;
  /** Pauses for good. */
  stop(): Promise<void>;
}

export interface LoadTarget {
  /** Where X-Forwarded-For is believed. */
  readonly clientsUrl: string;
  /** Begins the id of each request. */
  readonly idPrefix: string;
  /** Requests a second. */
  readonly rate: number;
}

interface Kind {
  /** How many of ten. */
  readonly share: number;
  readonly method: string;
  readonly route: string;
  readonly path: (todoId: string) => string;
  readonly expected: number;
  readonly json?: object;
}

/** Cheap ones, with an answer of each sort. */
const kinds: readonly Kind[] = [
  { share: 8, method: 'GET', route: '/v1/todos/:id', path: (id) => `/v1/todos/${id}`, expected: 200 },
  { share: 1, method: 'GET', route: '/v1/todos/:id', path: () => `/v1/todos/${randomUUID()}`, expected: 404 },
  {
    share: 1,
    method: 'POST',
    route: '/v1/todos',
    path: () => '/v1/todos',
    expected: 201,
    json: { title: 'Made under load' },
  },
];
const often = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));

const tickMs = 5;
const connections = 64;
/** More without an answer is no load that anybody meant. */
const maxWaiting = 2000;

/**
 * Begins once there are so many users that none has more requests than the rate limits allow, each with a todo to read.
 * Throws when one of them can't be made.
 */
export async function startSteadyLoad({ clientsUrl, idPrefix, rate }: LoadTarget): Promise<SteadyLoad> {
  const accounts = await openAccounts(clientsUrl, usersFor(rate), true);
  const { send, close } = keepAliveClient(clientsUrl, connections);
  const requests: SentRequest[] = [];
  let waiting = 0;
  let skipped = 0;

  async function ask(kind: Kind, lateSeconds: number): Promise<void> {
    const { method, route, path, expected, json } = kind;
    const request: SentRequest = {
      id: `${idPrefix}${requests.length + 1}`,
      method,
      route,
      expected,
      sentAt: Date.now(),
    };
    const account = accounts[requests.length % accounts.length];
    requests.push(request);
    waiting += 1;
    const began = performance.now();
    try {
      if (account === undefined) throw new Error('There is no account.');
      const { todoId, token, origin } = account;
      const headers = { ...origin, 'X-Request-Id': request.id };
      const { status } = await send(method, path(todoId), token, json, headers);
      request.status = status;
      request.seconds = lateSeconds + (performance.now() - began) / 1000;
    } catch {
      // Without a status it counts as unanswered.
    }
    waiting -= 1;
  }

  function begin(): AbortController {
    const end = new AbortController();
    const began = performance.now();
    let due = 0;
    const ticking = setInterval(() => {
      const elapsed = (performance.now() - began) / 1000;
      for (; due < Math.floor(elapsed * rate); due += 1) {
        const kind = often[due % often.length];
        if (kind === undefined || waiting >= maxWaiting) skipped += 1;
        else ask(kind, elapsed - due / rate);
      }
    }, tickMs);
    end.signal.addEventListener('abort', () => clearInterval(ticking));
    return end;
  }

  let ticking = begin();
  const pause = async () => {
    ticking.abort();
    while (waiting > 0) await delay(tickMs);
  };
  const stop = async () => {
    await pause();
    close();
  };
  return {
    requests,
    skipped: () => skipped,
    pause,
    resume: () => {
      ticking = begin();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
