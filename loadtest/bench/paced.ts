import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { quantile, sort } from './latencies.ts';
import type { Seen, Task } from './load.ts';

/**
 * The share of a load at whose beginning latencies are those of connections that are opened, and of code that V8 has
 * thrown away as those of the load before were closed.
 */
const warmUp = 1 / 3;
/** Milliseconds after which an answer is not expected any more, as by autocannon. */
const longestMs = 10_000;
/** Between two looks whether a request is due, in milliseconds. */
const lookEveryMs = 1;

/**
 * Sends requests at even intervals, as many independent users do: one that finds all connections taken waits, and the
 * waiting counts. So latencies are those from when a request was due, and nothing is left out while an answer is late
 * (an open model; coordinated omission is what a closed one has).
 * @param rate requests a second
 * @throws what undici throws at an address that is none
 */
export async function sendPaced({ url, requests, connections, seconds }: Task, rate: number): Promise<Seen> {
  const pool = new Pool(url, {
    ...{ connections, pipelining: 1, headersTimeout: longestMs, bodyTimeout: longestMs },
    // The certificate of a benchmark's proxy is signed by itself.
    connect: { rejectUnauthorized: false },
  });
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  let answers = 0;
  let errors = 0;
  let sent = 0;
  const cpuBefore = process.cpuUsage();
  const begun = performance.now();
  let last = begun;

  function send(): void {
    const { method = 'GET', path = '/', headers = {}, body = null } = requests[sent % requests.length] ?? {};
    const due = begun + (1000 * sent) / rate;
    sent += 1;
    let status = 0;
    pool.dispatch(
      { method, path, headers: headers as Record<string, string>, body: body as string | null },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code;
        },
        onResponseData() {},
        onResponseEnd() {
          last = performance.now();
          answers += 1;
          if (due >= begun + 1000 * seconds * warmUp) latencies.push(last - due);
          statuses[status] = (statuses[status] ?? 0) + 1;
        },
        onResponseError() {
          errors += 1;
        },
      },
    );
  }

  while (performance.now() < begun + 1000 * seconds) {
    const due = Math.floor(((performance.now() - begun) / 1000) * rate);
    while (sent < due) send();
    await delay(lookEveryMs);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const busy = (user + system) / 1000 / (performance.now() - begun);
  // Waits for the answers that are still to come.
  await pool.close();
  const sorted = sort(latencies);
  return {
    answers,
    rps: (answers / (last - begun)) * 1000,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    statuses,
    errors,
    busy,
  };
}
