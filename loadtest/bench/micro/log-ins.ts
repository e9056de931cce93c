/**
 * How much log-ins slow down everything else: the times of GET /v1/todos, asked for at a steady rate, with no
 * log-ins and with 30 clients that log in without a pause, by how many passwords are hashed at once. Each round
 * measures every case in turn, so that a machine that slows down slows down all of them; quote the ratios.
 * `make bench-log-ins` runs it on a database of the tests. ROUNDS (2) and SECONDS (5) of each case are settings.
 */
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { portsOf, startProcess } from '@sightline/testkit/process.ts';

const cases = [
  { name: 'no log-ins', clients: 0, atOnce: 1 },
  { name: '1 at once', clients: 30, atOnce: 1 },
  { name: '2 at once', clients: 30, atOnce: 2 },
  { name: '3 at once', clients: 30, atOnce: 3 },
] as const;

const { ROUNDS: rounds = '2', SECONDS: seconds = '5', TEST_DATABASE_URL } = process.env;
/** Milliseconds between two requests. They don't wait for each other: a slow answer makes the next ones no fewer. */
const pauseMs = 10;
const warmUp = 300;

const email = 'demo@sightline.example';
const password = 'correct horse battery staple';

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A client on connections that are kept. */
function connect(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    new Promise<Answer>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, method, path, agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.on('error', reject).end(body);
    });
  return { ask, close: () => agent.destroy() };
}

const quantile = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;

/** One case on a process of its own: the sorted times of the reads in milliseconds, and how many log-ins passed. */
async function measure({ clients, atOnce }: (typeof cases)[number], environment: Record<string, string>) {
  const api = startProcess('main.ts', { ...environment, ARGON2_CONCURRENCY: String(atOnce) });
  const { port } = await portsOf(api);
  const { ask, close } = connect(port);
  await eventually(async () => (await ask('GET', '/health/ready', {})).status === 200);
  const logIn = () =>
    ask('POST', '/v1/sessions', { 'Content-Type': 'application/json' }, JSON.stringify({ email, password }));
  const { access_token: token } = JSON.parse((await logIn()).text);
  const times: number[] = [];
  const read = async () => {
    const begun = performance.now();
    const { status } = await ask('GET', '/v1/todos', { Authorization: `Bearer ${token}` });
    if (status !== 200) throw new Error(`GET /v1/todos: ${status}`);
    times.push(performance.now() - begun);
  };
  for (let n = 0; n < warmUp; n += 1) await read();
  times.length = 0;

  let logIns = 0;
  const end = performance.now() + Number(seconds) * 1000;
  const logInAgain = async () => {
    while (performance.now() < end) {
      if ((await logIn()).status === 201) logIns += 1;
      // As Retry-After asks.
      else await delay(1000);
    }
  };
  const logging = Array.from({ length: clients }, logInAgain);
  const reads: Promise<void>[] = [];
  while (performance.now() < end) {
    reads.push(read());
    await delay(pauseMs);
  }
  await Promise.all([...reads, ...logging]);
  close();
  api.child.kill('SIGTERM');
  await api.ended;
  return { times: times.toSorted((a, b) => a - b), logIns };
}

if (!TEST_DATABASE_URL) throw new Error('TEST_DATABASE_URL is not set: run this by `make bench-log-ins`.');
const database = await createTestDatabase();
const environment = {
  DATABASE_URL: database.url,
  DEMO_USER_PASSWORD: password,
  PORT: '0',
  MANAGEMENT_PORT: '0',
  ...{ RATE_LIMIT_IP: '0', RATE_LIMIT_USER: '0', RATE_LIMIT_SESSIONS: '0' },
};
try {
  for (const file of ['database/migrate.ts', 'seed.ts']) {
    const task = startProcess(file, environment);
    if ((await task.ended) !== 0) throw new Error(`${file}: ${task.output()}`);
  }
  for (let round = 1; round <= Number(rounds); round += 1) {
    let base = 0;
    for (const one of cases) {
      const { times, logIns } = await measure(one, environment);
      const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
      base ||= p50;
      console.log(
        `round ${round}  ${one.name.padEnd(10)}  p50 ${p50.toFixed(1)} ms (×${(p50 / base).toFixed(2)})  ` +
          `p99 ${p99.toFixed(1)} ms  ${logIns} log-ins, ${times.length} reads`,
      );
    }
  }
} finally {
  await database.drop();
}
