/** Steady load on the API from outside of the cluster, every request counted. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { type Account, usersFor } from '@sightline/loadtest/accounts.ts';

/** Requests a second: enough that each moment of a rollout meets some, on a machine of two cores. */
const rate = 80;
/** Loads that run at once, where most do: enough to keep more than a core busy. */
export const maxLoads = 4;
/** So many that the rate limits refuse none of them under all loads. */
export const loadUsers = usersFor(maxLoads * rate);
/** Longer than the API takes for any answer. */
const answerMs = 15_000;
/** Beyond it nothing is sent until something is answered. */
const maxInFlight = 200;

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Options {
  readonly agent?: Agent | false;
  readonly token?: string;
  readonly origin?: Account['origin'];
  readonly body?: object;
}

/** One request, its answer read whole. Rejects when there is none. */
function send(url: string, method: string, { agent = false, token, origin, body }: Options): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...origin,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const outgoing = request(url, { method, agent, headers, timeout: answerMs }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.once('error', reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export interface Load {
  /** Requests that were answered, and sentences about those that were not as they should be. */
  readonly counts: () => { answered: number; failures: readonly string[] };
  /** Sends no more, and waits for what is under way. */
  readonly stop: () => Promise<void>;
}

const requests = [
  { method: 'GET', path: () => '/v1/todos?limit=5', status: 200 },
  { method: 'POST', path: () => '/v1/todos', status: 201, body: () => ({ title: randomUUID() }) },
  { method: 'GET', path: ({ todoId }: Account) => `/v1/todos/${todoId}`, status: 200 },
] as const;

/** Characters of an answer that a message shows: enough to say what was wrong. */
const shownText = 200;

/** Starts the load: every second request on a connection of its own, the others on connections that stay. */
export function startLoad(apiUrl: string, accounts: readonly Account[]): Load {
  // First in, first out: no connection is idle for long, so that each hears of `Connection: close` in time.
  const kept = new Agent({ keepAlive: true, scheduling: 'fifo', maxSockets: 16 });
  const failures: string[] = [];
  const underWay = new Set<Promise<void>>();
  let answered = 0;
  let sent = 0;
  const one = async () => {
    const number = sent++;
    const account = accounts[number % accounts.length];
    const each = requests[number % requests.length];
    if (account === undefined || each === undefined) return;
    const { method, path, status } = each;
    const reused = number % 2 === 0;
    const when = new Date().toISOString();
    const options = {
      token: account.token,
      origin: account.origin,
      ...(reused ? { agent: kept } : {}),
      ...('body' in each ? { body: each.body() } : {}),
    };
    const failure = await send(`${apiUrl}${path(account)}`, method, options).then(
      (answer) => {
        answered += 1;
        return answer.status === status
          ? undefined
          : `was answered with ${answer.status}: ${answer.text.slice(0, shownText)}`;
      },
      (error: Error) => `got no answer (${error.message})`,
    );
    if (failure !== undefined)
      failures.push(`${when} ${method} on a ${reused ? 'kept' : 'new'} connection ${failure}`);
  };
  const timer = setInterval(() => {
    if (underWay.size >= maxInFlight) return;
    const running = one().finally(() => underWay.delete(running));
    underWay.add(running);
  }, 1000 / rate);
  return {
    counts: () => ({ answered, failures }),
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      kept.destroy();
    },
  };
}
