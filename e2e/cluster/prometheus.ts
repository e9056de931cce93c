/** Queries to the Prometheus inside the cluster, by way of the API server. */
import { get } from './kubectl.ts';
import { namespace } from './pods.ts';

const base = `/api/v1/namespaces/${namespace}/services/prometheus:9090/proxy/api/v1`;

type Labels = Readonly<Record<string, string>>;

/** The series that an expression gives now. */
export async function query(expression: string): Promise<readonly { labels: Labels; value: number }[]> {
  const path = `${base}/query?query=${encodeURIComponent(expression)}`;
  const { data } = await get<{ data: { result: readonly { metric: Labels; value: [number, string] }[] } }>(
    path,
  );
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
}

export async function ruleGroups(): Promise<readonly RuleGroup[]> {
  return (await get<{ data: { groups: readonly RuleGroup[] } }>(`${base}/rules`)).data.groups;
}

/** Whether an alert fires with these labels. */
export async function fires(alert: string, labels: Labels): Promise<boolean> {
  const selector = Object.entries({ alertname: alert, alertstate: 'firing', ...labels })
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
  return (await query(`ALERTS{${selector}}`)).length > 0;
}
