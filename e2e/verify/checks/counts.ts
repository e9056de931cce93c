/** Known traffic, and whether everything that counts it comes to the same number. */
import { expectNone } from '@sightline/testkit/check.ts';
import { type Proof, trafficOf } from '../check.ts';
import { countsOfLoad, countsOfLog, countsOfMetrics, differences, reconcile } from '../counts.ts';
import { gentle } from '../platform.ts';
import { driveTraffic, surprisesOf } from '../traffic.ts';

const seconds = { whole: 60, quick: 20 };

export async function checkTraffic(proof: Proof): Promise<string> {
  const isPlatforms = proof.stack.platformNamespace !== undefined;
  const pace = isPlatforms ? gentle : { seconds: proof.quick ? seconds.quick : seconds.whole };
  const traffic = await driveTraffic(proof, pace);
  proof.traffic = traffic;
  expectNone(surprisesOf(traffic));
  const { summary } = traffic;
  const latency = summary.latency
    .filter(({ requests }) => requests > 0)
    .map(({ class: name, p50, p99 }) => `${name} p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
  const slow = summary.thresholds
    .filter(({ metric, ok }) => metric.startsWith('http_req_duration') && !ok)
    .map(({ metric, limit }) => `not ${metric} ${limit}`);
  return [
    `${summary.requests} requests of ${summary.journeys} journeys`,
    `${(100 * summary.clientErrorShare).toFixed(1)} % 4xx on purpose`,
    ...latency,
    ...slow,
  ].join('; ');
}

export function checkCounts(proof: Proof): Promise<string> {
  const { summary, before, after, logged } = trafficOf(proof);
  const rows = reconcile(
    countsOfLoad(summary),
    countsOfMetrics(before, after),
    logged && countsOfLog(logged),
  );
  proof.findings.reconciliation.push(...rows);
  expectNone(differences(rows));
  const total = rows.reduce((sum, { k6 }) => sum + k6, 0);
  const places = logged === undefined ? 'k6 = metrics' : 'k6 = metrics = access log';
  return Promise.resolve(`${places}: ${total} requests in ${rows.length} series of method, route and status`);
}
