import { CheckFailed, expectNone } from '@sightline/testkit/check.ts';
import { durationMs } from '@sightline/testkit/grafana/time.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import { type Proof, trafficOf } from '../check.ts';
import { loadDashboards } from '../dashboards.ts';
import { annotationFaults, type PanelVerdict, staleQuietPanels, type View, verdictsOf } from '../panels.ts';
import { foreignPanels } from '../platform.ts';
import { quietPanelsAt } from '../quiet.ts';
import { valueFaults } from '../values.ts';

/** Where Prometheus says nothing else. */
const usualScrapeMs = 15_000;

/** The dashboards as someone sees them who looks at the time of the traffic. */
async function viewOf(proof: Proof): Promise<View> {
  const { window } = trafficOf(proof);
  if (window === undefined)
    throw new CheckFailed(['Prometheus has no scrape before and after the traffic: see the check before.']);
  const prometheus = prometheusAt(proof.stack.prometheusUrl ?? '');
  const target = (await prometheus.targets()).find(({ instance }) => instance === window.instance);
  const scrapeMs = target === undefined ? usualScrapeMs : durationMs(target.scrapeInterval);
  return { prometheus, range: window, scrapeMs };
}

export async function checkPanels(proof: Proof): Promise<string> {
  const view = await viewOf(proof);
  const dashboards = loadDashboards();
  const quiet = [
    ...(await quietPanelsAt(proof.stack.prometheusUrl ?? '')),
    ...foreignPanels(dashboards, await prometheusAt(proof.stack.prometheusUrl ?? '').targets(), proof.stack),
  ];
  const verdicts: PanelVerdict[] = [];
  const faults: string[] = staleQuietPanels(dashboards, quiet);
  for (const dashboard of dashboards) {
    proof.say(dashboard.title);
    try {
      verdicts.push(...(await verdictsOf(dashboard, view, quiet)));
      faults.push(...(await annotationFaults(dashboard, view)));
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  proof.findings.panels.push(
    ...verdicts.map(({ dashboard, panel, refId, expr, ok, series }) => ({
      dashboard,
      panel,
      refId,
      expr,
      ok,
      series,
    })),
  );
  expectNone([...verdicts.flatMap(({ sentence }) => sentence ?? []), ...faults]);
  const still = verdicts.filter((verdict) => verdict.quiet).length;
  return (
    `${verdicts.length - still} queries of ${dashboards.length} dashboards show data; ${still} are quiet for a reason ` +
    'in dashboards/quiet-panels.ts'
  );
}

export async function checkValues(proof: Proof): Promise<string> {
  const view = await viewOf(proof);
  const { faults, compared } = await valueFaults(loadDashboards(), view, trafficOf(proof).inWindow ?? []);
  expectNone(faults);
  return `${compared} panels show what the access log has: counts to a request or two, quantiles to a bucket`;
}
