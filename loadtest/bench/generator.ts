/**
 * The load generator: a process of its own, so that it doesn't take the server's core, which asks as often as
 * answers come (autocannon) and tells what it saw. Started by load.ts, and talks to it by messages.
 */
import autocannon from 'autocannon';
import { slowdownHere } from './contention.ts';
import { quantile, sort, withOmitted } from './latencies.ts';
import type { Seen, Task } from './load.ts';

/** So often autocannon looks whether the time is over, in milliseconds. */
const lookEvery = 100;

/** Each connection sends all of few requests, and of many its share. */
function share(requests: Task['requests'], connections: number, connection: number): autocannon.Request[] {
  return requests.length < 2 * connections
    ? [...requests]
    : requests.filter((_, n) => n % connections === connection);
}

function run({ url, requests, connections, seconds, rate }: Task): Promise<Seen> {
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
      ...(rate !== undefined && { overallRate: rate, ignoreCoordinatedOmission: true }),
    };
    const instance = autocannon(options, (error, result) => {
      if (error) return reject(error);
      const elapsed = last - begun;
      const { user, system } = process.cpuUsage(cpuBefore);
      const sorted = sort(latencies);
      // Its own correction takes the interval in seconds, and so corrects what is right.
      const corrected =
        rate === undefined ? sorted : sort(withOmitted(latencies, (1000 * connections) / rate));
      resolve({
        answers: latencies.length,
        rps: (latencies.length / elapsed) * 1000,
        p50: quantile(sorted, 0.5),
        p99: quantile(sorted, 0.99),
        correctedP99: quantile(corrected, 0.99),
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
  process.send?.(task === 'slowdown' ? slowdownHere() : await run(task));
});
