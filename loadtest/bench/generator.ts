/**
 * The load generator: a process of its own, so that it doesn't take the server's core, which asks as often as
 * answers come (autocannon), or at a pace, and tells what it saw. Started by load.ts, and talks to it by messages.
 */
import autocannon from 'autocannon';
import { slowdownHere } from './contention.ts';
import { quantile, sort } from './latencies.ts';
import type { Seen, Task } from './load.ts';
import { sendPaced } from './paced.ts';

/** So often autocannon looks whether the time is over, in milliseconds. */
const lookEvery = 100;

/** Each connection sends all of few requests, and of many its share. */
function share(requests: Task['requests'], connections: number, connection: number): autocannon.Request[] {
  return requests.length < 2 * connections
    ? [...requests]
    : requests.filter((_, n) => n % connections === connection);
}

/** Asks as often as answers come. */
function sendAll({ url, requests, connections, seconds }: Task): Promise<Seen> {
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const cpuBefore = process.cpuUsage();
  const begun = performance.now();
  let last = begun;
  let opened = 0;
  return new Promise((resolve, reject) => {
    const options: autocannon.Options = {
      url,
      requests: share(requests, connections, 0),
      setupClient(client) {
        client.setRequests(share(requests, connections, opened));
        opened += 1;
      },
      connections,
      duration: seconds,
      sampleInt: lookEvery,
    };
    const instance = autocannon(options, (error, result) => {
      if (error) return reject(error);
      const elapsed = last - begun;
      const { user, system } = process.cpuUsage(cpuBefore);
      const sorted = sort(latencies);
      resolve({
        answers: latencies.length,
        rps: (latencies.length / elapsed) * 1000,
        p50: quantile(sorted, 0.5),
        p99: quantile(sorted, 0.99),
        statuses,
        errors: result.errors,
        busy: (user + system) / 1000 / elapsed,
      });
    });
    instance.on('response', (_client, status, _bytes, latency) => {
      last = performance.now();
      latencies.push(latency);
      statuses[status] = (statuses[status] ?? 0) + 1;
    });
  });
}

process.on('disconnect', () => process.exit());
process.on('message', async (task: Task | 'slowdown') => {
  if (task === 'slowdown') process.send?.(slowdownHere());
  else process.send?.(await (task.rate === undefined ? sendAll(task) : sendPaced(task, task.rate)));
});
