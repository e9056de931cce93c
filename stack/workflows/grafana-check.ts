/**
 * `node stack/workflows/grafana-check.ts`: does Grafana have each dashboard of dashboards/generated, and does each query of its
 * panels get an answer through Grafana's own data source? GRAFANA_URL, GRAFANA_USERNAME (admin), GRAFANA_PASSWORD_FILE.
 */
import { loadDashboards } from '../verify/dashboards.ts';
import { type Dashboard, readDashboard } from '../verify/grafana/walk.ts';
import { openDashboard, runQuery, type View } from '../verify/panels.ts';
import { prometheusAt } from '../verify/prometheus.ts';
import { type Application, applicationOf } from './answers.ts';

/** What is shown, in milliseconds: long enough for what `make verify` did before. */
const shownMs = 15 * 60_000;
/** Of monitoring/grafana: what the data source is called, and how often Prometheus looks, in milliseconds. */
const dataSource = 'prometheus';
const scrapeMs = 5000;

const queriesOf = ({ queries }: Dashboard) =>
  queries.map(({ panel, refId, expr }) => `${panel} ${refId}: ${expr}`);

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
  const grafana = applicationOf(process.env, {
    name: 'GRAFANA',
    defaultUrl: 'http://127.0.0.1:3001',
    defaultUser: 'admin',
  });
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
