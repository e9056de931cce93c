import { connect } from 'node:net';
import type { ApiProcess } from '@sightline/testkit/api-process.ts';
import { changes, samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { type Fuzzed, fuzzed, randomOf } from './generate.ts';

/** Connections at a time, and requests between two looks at the process. */
const atOnce = 50;
const batchSize = 1000;
/** Milliseconds without an answer after which a client says that it sends no more, as most that are cut off do. */
const patienceMs = 40;

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Access token of a user of the API. */
  readonly token: string;
  readonly tell?: (line: string) => void;
}

export interface FuzzResult {
  readonly requests: number;
  readonly connections: number;
  /** Answers by status. */
  readonly answers: Readonly<Record<string, number>>;
}

interface Received {
  readonly statuses: readonly string[];
  /** The system reset the connection, and may have taken answers with it. */
  readonly wasReset: boolean;
}

/** Sends bytes, and reads until the server closes the connection. */
function exchange(port: number, { bytes }: Fuzzed): Promise<Received> {
  const { promise, resolve } = Promise.withResolvers<Received>();
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  let wasReset = false;
  socket.setEncoding('latin1').on('data', (more) => {
    text += more;
  });
  socket.on('error', () => {
    wasReset = true;
  });
  socket.setTimeout(patienceMs, () => socket.end());
  socket.once('end', () => socket.end());
  socket.once('close', () => {
    const statuses = [...text.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status = '']) => status);
    resolve({ statuses, wasReset });
  });
  socket.write(Buffer.from(bytes, 'latin1'));
  return promise;
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

/** Counts of the answers so far, as the API itself tells them, by status. */
async function countedBy(api: ApiProcess): Promise<Map<string, number>> {
  const samples = samplesOf(await (await fetch(`${api.managementUrl}/metrics`)).text());
  const counted = new Map<string, number>();
  for (const [series, count] of Object.entries(changes(new Map(), samples, /^http_requests_total/))) {
    const status = /status="(\d+)"/.exec(series)?.[1] ?? '';
    counted.set(status, (counted.get(status) ?? 0) + count);
  }
  return counted;
}

function add(counts: Map<string, number>, keys: Iterable<string>): void {
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
}

const hasEnded = ({ child }: ApiProcess) => child.exitCode !== null || child.signalCode !== null;

/** Sentences for the faults after a batch. */
async function faultsOf(
  api: ApiProcess,
  received: ReadonlyMap<string, number>,
  counted: ReadonlyMap<string, number>,
  resets: number,
): Promise<string[]> {
  const faults: string[] = [];
  for (const url of [`${api.url}/health/live`, `${api.managementUrl}/health/live`]) {
    const status = await statusOf(url).catch((error: unknown) => String((error as Error).cause ?? error));
    if (status !== 200) faults.push(`${url} answers ${status}`);
  }
  for (const [status, count] of received) {
    if (status.startsWith('5')) faults.push(`${count} answers are ${status}`);
    if (count > (counted.get(status) ?? 0))
      faults.push(`${count} answers are ${status}, and ${counted.get(status) ?? 0} are counted`);
  }
  const sum = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((all, one) => all + one, 0);
  // Of 499 the client saw nothing, and of a reset it may have.
  const unseen = sum(counted) - (counted.get('499') ?? 0) - sum(received);
  if (resets === 0 && unseen > 0) faults.push(`${unseen} answers are counted that nobody got`);
  if (api.output().includes('"event.action":"callback-failed"')) faults.push('a callback failed');
  return faults;
}

/**
 * Sends requests, and what once were some, to both ports of an API, and looks after each batch that it is there, the
 * same process, has answered nothing by an error of its own, and has counted all that it answered.
 * @throws Error with the seed and the batch, by which the same bytes are sent again
 */
export async function fuzz(api: ApiProcess, options: FuzzOptions): Promise<FuzzResult> {
  const { requests, seed, token, tell = () => {} } = options;
  const ports = [Number(new URL(api.url).port), Number(new URL(api.managementUrl).port)] as const;
  const before = await countedBy(api);
  const received = new Map<string, number>();
  const seen = new Map<string, number>();
  let sent = 0;
  let connections = 0;
  let resets = 0;
  let looks = 0;
  for (let batch = 0; sent < requests; batch += 1) {
    const random = randomOf(seed + batch);
    const made: { port: number; fuzzed: Fuzzed }[] = [];
    const end = Math.min(requests, sent + batchSize);
    while (sent < end) {
      // One in eight is for the management port, whose requests are in no metric.
      const port = ports[random() < 0.125 ? 1 : 0];
      const one = fuzzed(random, token);
      made.push({ port, fuzzed: one });
      sent += one.requests;
    }
    connections += made.length;
    const send = async () => {
      for (let next = made.pop(); next; next = made.pop()) {
        const { statuses, wasReset } = await exchange(next.port, next.fuzzed);
        if (next.port === ports[0]) {
          add(received, statuses);
          if (wasReset) resets += 1;
        }
        add(seen, statuses);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, send));
    let faults: string[] = [];
    const look = async () => {
      // Until the look is over: it fails where nobody answers.
      faults = [hasEnded(api) ? 'the process has ended' : 'the metrics can not be had'];
      const counted = await countedBy(api);
      for (const [status, count] of before) counted.set(status, (counted.get(status) ?? 0) - count);
      // Those of the looks themselves.
      counted.set('200', (counted.get('200') ?? 0) - looks);
      faults = await faultsOf(api, received, counted, resets);
      looks += 1;
      return faults.length === 0;
    };
    // What was answered just now may be counted in a moment.
    await eventually(look, 3000).catch(() => {});
    if (faults.length > 0)
      throw new Error(
        `Fuzz with SEED=${seed}: after batch ${batch} (repeat it by REQUESTS=${batchSize} SEED=${seed + batch}) ${faults.join('; ')}.`,
      );
    tell(
      `batch ${batch}: ${sent} requests on ${connections} connections, ${resets} reset, ${JSON.stringify(Object.fromEntries(seen))}`,
    );
  }
  return { requests: sent, connections, answers: Object.fromEntries(seen) };
}
