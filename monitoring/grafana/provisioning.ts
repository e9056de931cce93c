/** What Grafana is given as files: its data source, and where its dashboards are. */
import { evaluate } from '../../alerts/jsonnet.ts';
import { type Environment, scrapeIntervalSeconds } from '../prometheus/jobs.ts';

/** Natively there is no Grafana. */
export const grafanaEnvironments = ['compose', 'kubernetes'] as const satisfies readonly Environment[];
type GrafanaEnvironment = (typeof grafanaEnvironments)[number];

/** A file's `$` is Grafana's for variables of the environment; what is for the reader's link is written twice. */
const notFromTheEnvironment = (text: string) => text.replaceAll('$', '$$$$');

/** The name and uid that dashboards offer first, and the log search of a trace. */
interface FromDashboards {
  readonly datasource: { readonly name: string; readonly uid: string };
  readonly logsOfTrace: string;
}

/**
 * The data source of an environment, as its YAML is.
 * @throws JsonnetError when the configuration of the dashboards is wrong
 */
export async function datasources(environment: GrafanaEnvironment): Promise<object> {
  const { datasource, logsOfTrace } = (await evaluate(`
    local config = ((import 'dashboards/config.libsonnet') + { _config+:: import 'dashboards/lib/checks.libsonnet' })._config;
    local links = (import 'dashboards/lib/links.libsonnet')(config);
    { datasource: config.datasource, logsOfTrace: links.logsOf('trace.id:"\${__value.raw}"').url }
  `)) as FromDashboards;
  return {
    apiVersion: 1,
    datasources: [
      {
        ...datasource,
        type: 'prometheus',
        access: 'proxy',
        url: 'http://prometheus:9090',
        isDefault: true,
        editable: false,
        jsonData: {
          httpMethod: 'POST',
          prometheusType: 'Prometheus',
          // A graph's points are never closer than this, and its rates look back over four of them at least.
          timeInterval: `${scrapeIntervalSeconds[environment]}s`,
          // By an address, since a trace viewer may be any, or none: the log lines of a trace are always there.
          exemplarTraceIdDestinations: [
            {
              name: 'trace_id',
              url: notFromTheEnvironment(logsOfTrace),
              urlDisplayLabel: 'Log lines of this trace',
            },
          ],
        },
      },
    ],
  };
}
