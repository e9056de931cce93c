/** Steady load on the API from outside of the cluster, every request counted. */
import { randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Unproven } from '../verify/check.ts';

/** Requests a second: enough that each moment of a rollout meets some, on a machine of two cores. */
const rate = 80;
/** Longer than the API takes for any answer. */
const answerMs = 15_000;
/** Beyond it nothing is sent until something is answered. */
const mostInFlight = 200;
const users = 4;

export interface Account {
  readonly token: string;
  readonly todo: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Options {
  readonly agent?: Agent | false;
  readonly token?: string;
  readonly body?: object;
}

/** One request, its answer read whole. Rejects when there is none. */
function send(url: string, method: string, { agent = false, token, body }: Options): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
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

/** Users of their own, each with a todo. They go with the cluster's database. */
export function openAccounts(apiUrl: string): Promise<readonly Account[]> {
  const open = async (): Promise<Account> => {
    const email = `cluster-${randomBytes(8).toString('hex')}@load.sightline.example`;
    const password = randomBytes(16).toString('hex');
    const registered = await send(`${apiUrl}/v1/users`, 'POST', { body: { email, password, name: 'Load' } });
    const session = await send(`${apiUrl}/v1/sessions`, 'POST', { body: { email, password } });
    if (registered.status !== 201 || session.status !== 201)
      throw new Unproven([
        `A user could not register (${registered.status}) and log in (${session.status}); both have to answer 201.`,
      ]);
    const { access_token: token } = JSON.parse(session.text) as { access_token: string };
    const made = await send(`${apiUrl}/v1/todos`, 'POST', { token, body: { title: 'Load' } });
    return { token, todo: (JSON.parse(made.text) as { id: string }).id };
  };
  return Promise.all(Array.from({ length: users }, open));
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
  { method: 'GET', path: ({ todo }: Account) => `/v1/todos/${todo}`, status: 200 },
] as const;

/** As much of an answer as says what was wrong. */
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
    if (underWay.size >= mostInFlight) return;
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
