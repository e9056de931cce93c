/**
 * `node e2e/docker/grafana-check.ts`: does each data source of Grafana answer, does Grafana have each dashboard of
 * dashboards/generated, and does each query of its panels get an answer through Grafana's own data source? On the stack that runs
 * by Docker, with traces; or by GRAFANA_URL, GRAFANA_USERNAME (admin), GRAFANA_PASSWORD_FILE.
 */
import { dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { type Dashboard, readDashboard } from '@sightline/testkit/grafana/walk.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import { loadDashboards } from '../verify/dashboards.ts';
import { openDashboard, runQuery, type View } from '../verify/panels.ts';
import type { Application } from './answers.ts';
import { grafanaOf } from './applications.ts';

/** The time range that is shown, in milliseconds: long enough for what `make verify` did before. */
const shownMs = 15 * 60_000;
/** The data source's name in monitoring/grafana, and how often Prometheus looks, in milliseconds. */
const dataSource = 'prometheus';
const scrapeMs = 5000;

const queriesOf = ({ queries }: Dashboard) =>
  queries.map(({ panel, refId, expr }) => `${panel} ${refId}: ${expr}`);

/** A data source, what is asked of it by Grafana's proxy, and how many things its answer has. */
interface Source {
  readonly uid: string;
  readonly path: string;
  /** Undefined where the answer is none of its kind. */
  readonly count: (answer: unknown) => number | undefined;
  readonly of: string;
}

const sizeOf = (value: unknown) => (Array.isArray(value) ? value.length : undefined);

/**
 * Those of monitoring/grafana/provisioning.ts, each asked in its own words: Grafana hands on what comes after the uid
 * (grafana.com/docs/grafana/latest/developers/http_api/data_source, "Data source proxy calls by UID").
 */
const sources: readonly Source[] = [
  {
    uid: dataSource,
    path: '/api/v1/query?query=up',
    count: (answer) => sizeOf((answer as { data?: { result?: unknown } }).data?.result),
    of: 'targets',
  },
  // Watchdog fires always.
  { uid: 'alertmanager', path: '/api/v2/alerts', count: sizeOf, of: 'alerts' },
  {
    uid: 'logs',
    path: `/${dataStream}/_search?size=0&track_total_hits=true&q=${encodeURIComponent('event.action:request')}`,
    count: (answer) => (answer as { hits?: { total?: { value?: number } } }).hits?.total?.value,
    of: 'lines of requests',
  },
  {
    uid: 'traces',
    path: '/api/services',
    count: (answer) => sizeOf((answer as { data?: unknown }).data),
    of: 'services with traces',
  },
];

/** Asks each data source that Grafana has; one that it lacks is a fault. Returns whether all answered with something. */
async function checkSources(grafana: Application): Promise<boolean> {
  let isWell = true;
  for (const { uid, path, count, of } of sources) {
    const fault = await grafana.ask(`/api/datasources/proxy/uid/${uid}${path}`).then(
      (answer) => {
        const found = count(answer);
        if (found !== undefined && found > 0)
          return console.log(`ok      the data source ${uid}: ${found} ${of}`);
        return found === 0
          ? `it has no ${of}`
          : `it answers something else: ${JSON.stringify(answer).slice(0, 200)}`;
      },
      (error: Error) => error.message,
    );
    if (fault === undefined) continue;
    console.log(`FAILED  the data source ${uid}\n        ${fault}`);
    isWell = false;
  }
  return isWell;
}

interface Verdict {
  readonly problems: readonly string[];
  readonly asked: number;
}

/** @throws Error with a sentence when Grafana doesn't have it */
async function checkDashboard(grafana: Application, made: Dashboard, view: View): Promise<Verdict> {
  const { dashboard: json } = await grafana.ask<{ dashboard: unknown }>(`/api/dashboards/uid/${made.uid}`);
  const loaded = readDashboard(json, `Grafana's ${made.uid}`);
  const lost = queriesOf(made).filter((query) => !queriesOf(loaded).includes(query));
  const problems = lost.map((query) => `Dashboard "${made.title}" has not in Grafana: ${query}`);
  const variables = await openDashboard(loaded, view);
  let withData = 0;
  for (const query of loaded.queries) {
    try {
      const { series } = await runQuery(query, variables, view);
      if (series.length > 0) withData += 1;
    } catch (error) {
      problems.push(
        `Dashboard "${made.title}", panel "${query.panel}", query ${query.refId}: ${(error as Error).message}`,
      );
    }
  }
  // Single ones may have nothing to show (`make verify` knows which); all of them means that it is another Prometheus.
  if (withData === 0) problems.push(`Dashboard "${made.title}" shows nothing at all.`);
  return { problems, asked: loaded.queries.length };
}

try {
  const grafana = grafanaOf(process.env);
  if (!(await checkSources(grafana))) process.exitCode = 1;
  const to = Date.now();
  const view: View = {
    prometheus: prometheusAt(`${grafana.url}/api/datasources/proxy/uid/${dataSource}`, grafana.headers),
    range: { from: to - shownMs, to },
    scrapeMs,
  };
  for (const made of loadDashboards()) {
    const { problems, asked } = await checkDashboard(grafana, made, view).catch((error: Error) => ({
      problems: [`Dashboard "${made.title}": ${error.message}`],
      asked: 0,
    }));
    console.log(
      `${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${made.uid}: ${asked} queries by way of Grafana`,
    );
    for (const problem of problems) console.log(`        ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
