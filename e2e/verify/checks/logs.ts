/** Whether the log is in Elasticsearch as it was written: soon, whole, and each line once. */
import { setTimeout as pause } from 'node:timers/promises';
import { unmatchedRoute } from '@sightline/contract/signals.ts';
import { type Connection, connect } from '@sightline/logging/elasticsearch/connection.ts';
import { everyLine, latestLines } from '@sightline/logging/search/query.ts';
import { faultsOf, Sequences } from '@sightline/logging/search/sequences.ts';
import { CheckFailed, expectNone } from '@sightline/testkit/check.ts';
import { type Proof, trafficOf } from '../check.ts';
import { type Counts, countsOfLoad, differences, reconcile } from '../counts.ts';
import type { Traffic } from '../traffic.ts';

/** The shipper catches up within a second or two; a machine that is busy otherwise takes longer. */
const patienceMs = 300_000;
const pollMs = 100;

const connectionOf = ({ stack }: Proof): Connection => connect(stack.elasticsearch ?? {});

/** Asks until the answer will do; the last one when none does in time. */
async function ask<Answer>(
  { signal }: Proof,
  question: () => Promise<Answer>,
  willDo: (answer: Answer) => boolean,
): Promise<Answer> {
  const deadline = Date.now() + patienceMs;
  let answer = await question();
  while (!willDo(answer) && Date.now() < deadline) {
    await pause(pollMs, undefined, { signal });
    answer = await question();
  }
  return answer;
}

/** A request's id, taken from the header of its answer, finds its line. */
export async function checkFound(proof: Proof): Promise<string> {
  const connection = connectionOf(proof);
  const response = await fetch(`${proof.stack.apiUrl}/v1/todos`, { signal: proof.signal });
  const answeredAt = performance.now();
  const id = response.headers.get('x-request-id') ?? '';
  const search = () => latestLines(connection, { lucene: `http.request.id:"${id}"` }, 10);
  const lines = await ask(proof, search, (found) => found.length > 0);
  const took = performance.now() - answeredAt;
  if (lines.length === 0)
    throw new CheckFailed([
      `GET /v1/todos answered with X-Request-Id ${id}, and Elasticsearch has no line of it after ${patienceMs / 1000} s.`,
    ]);
  const traces = new Set(lines.map((line) => line['trace.id']));
  expectNone(traces.size === 1 ? [] : [`The lines of the request ${id} are of ${traces.size} traces.`]);
  return `the line of a request is found ${(took / 1000).toFixed(1)} s after its answer`;
}

const time = (at: number) => `"${new Date(at).toISOString()}"`;

/** Access lines in Elasticsearch from the beginning of the traffic to its end. */
async function countsOfDocuments(connection: Connection, { startedAt, endedAt }: Traffic): Promise<Counts> {
  const lucene = `event.action:request AND @timestamp:[${time(startedAt)} TO ${time(endedAt)}]`;
  const fields = ['event.id', 'http.request.method', 'labels.route', 'http.response.status_code'];
  const counts = new Map<string, number>();
  for await (const line of everyLine(connection, { lucene }, fields)) {
    const route = line['labels.route'] ?? unmatchedRoute;
    const key = `${line['http.request.method']} ${route} ${line['http.response.status_code']}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Each request of k6 is one document. */
export async function checkDocuments(proof: Proof): Promise<string> {
  const traffic = trafficOf(proof);
  const connection = connectionOf(proof);
  const sent = countsOfLoad(traffic.summary);
  const rowsOf = async () => reconcile(sent, sent, await countsOfDocuments(connection, traffic));
  const rows = await ask(proof, rowsOf, (found) => found.every(({ ok }) => ok));
  expectNone(differences(rows));
  const total = rows.reduce((sum, { k6 }) => sum + k6, 0);
  return `k6 = documents in Elasticsearch: ${total} requests in ${rows.length} series of method, route and status`;
}

/** The numbers of the lines that Elasticsearch has leave none out. */
export async function checkGaps(proof: Proof): Promise<string> {
  const { startedAt } = trafficOf(proof);
  const lucene = `@timestamp:[${time(startedAt)} TO *] AND _exists_:event.id`;
  const sequences = new Sequences();
  for await (const line of everyLine(connectionOf(proof), { lucene }, ['event.sequence', 'event.id']))
    sequences.add(line['event.id']);
  const boots = sequences.boots(startedAt);
  expectNone(faultsOf(boots));
  const lines = boots.reduce((sum, boot) => sum + boot.lines, 0);
  return `${lines} lines of ${boots.length} ${boots.length === 1 ? 'process' : 'processes'}, none missing, none twice`;
}
