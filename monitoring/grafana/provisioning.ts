/** The files that provision Grafana: its data sources, and where its dashboards are. */
import { evaluate } from '@sightline/alerts/jsonnet.ts';
import { type Environment, scrapeIntervalSeconds } from '../prometheus/jobs.ts';

/** Natively there is no Grafana. */
export const grafanaEnvironments = ['compose', 'kubernetes'] as const satisfies readonly Environment[];
type GrafanaEnvironment = (typeof grafanaEnvironments)[number];

/** A file's `$` is Grafana's for variables of the environment; what is for the reader's link is written twice. */
const notFromTheEnvironment = (text: string) => text.replaceAll('$', '$$$$');

/** A value that Grafana reads from a file itself, so that it is in no file of ours. */
const fromFile = (path: string) => `$__file{${path}}`;

/**
 * A trace in Jaeger's own page, which needs no log-in as Explore does, and no kind of query that not every data source of traces
 * knows. Grafana puts JAEGER_URL of its environment there; the rest is for the reader's link.
 */
const trace = ['$', '{JAEGER_URL}/trace/', '$$', '{__value.raw}'].join('');

/** Beside Prometheus, what only the stack of stack/compose.yaml has; its names and paths are those of that file. */
const ofCompose = [
  {
    name: 'Alertmanager',
    uid: 'alertmanager',
    type: 'alertmanager',
    access: 'proxy',
    url: 'http://alertmanager:9093',
    editable: false,
    // Who is told, and what is silenced, is decided there and not in Grafana.
    jsonData: { implementation: 'prometheus', handleGrafanaManagedAlerts: false },
  },
  {
    name: 'Logs',
    uid: 'logs',
    type: 'elasticsearch',
    access: 'proxy',
    url: 'https://elasticsearch:9200',
    editable: false,
    basicAuth: true,
    basicAuthUser: 'log-reader',
    jsonData: {
      index: 'logs-todo-default',
      timeField: '@timestamp',
      logMessageField: 'message',
      logLevelField: 'log.level',
      tlsAuthWithCACert: true,
      // A line leads to its trace.
      dataLinks: [{ field: 'trace.id', url: trace, urlDisplayLabel: 'Trace' }],
    },
    secureJsonData: {
      basicAuthPassword: fromFile('/run/secrets/elasticsearch-reader-password'),
      tlsCACert: fromFile('/run/secrets/elasticsearch-authority'),
    },
  },
  {
    // There when the stack is started with COMPONENTS=core,metrics,logs,traces.
    name: 'Traces',
    uid: 'traces',
    type: 'jaeger',
    access: 'proxy',
    url: 'http://jaeger:16686',
    editable: false,
  },
] as const;

/** The name and uid that dashboards offer first, and the log search of a trace. */
interface FromDashboards {
  readonly datasource: { readonly name: string; readonly uid: string };
  readonly logsOfTrace: string;
}

/**
 * The data sources of an environment, as their YAML is.
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
          // Grafana lists the alerts that Prometheus evaluates.
          manageAlerts: true,
          // A graph's points are never closer than this, and its rates look back over four of them at least.
          timeInterval: `${scrapeIntervalSeconds[environment]}s`,
          // By an address, since a trace viewer may be any, or none: the log lines of a trace are always there.
          exemplarTraceIdDestinations: [
            {
              name: 'trace_id',
              url: notFromTheEnvironment(logsOfTrace),
              urlDisplayLabel: 'Log lines of this trace',
            },
            ...(environment === 'compose'
              ? [{ name: 'trace_id', url: trace, urlDisplayLabel: 'Trace' }]
              : []),
          ],
        },
      },
      ...(environment === 'compose' ? ofCompose : []),
    ],
  };
}
