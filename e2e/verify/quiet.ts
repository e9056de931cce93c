import { type QuietPanel, quietPanels } from '@sightline/dashboards/quiet-panels.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';

/** The queries that may have no data, since what they are about is not scraped by this Prometheus, or for another reason. */
export async function quietPanelsAt(prometheusUrl: string): Promise<readonly QuietPanel[]> {
  const jobs = new Set((await prometheusAt(prometheusUrl).targets()).map(({ job }) => job));
  return quietPanels.filter(({ without }) => without === undefined || !jobs.has(without));
}
