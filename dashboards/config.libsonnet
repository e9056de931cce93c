// Every knob. Override with `mixin { _config+:: { … } }`; a wrong value stops the build with a sentence.
local alerts = (import '../alerts/config.libsonnet')._config;
local signals = import '../alerts/lib/signals.libsonnet';

{
  _config+:: {
    // What is deployed: panels about other parts are left out.
    knownParts:: alerts.knownParts + ['postgres-exporter', 'redis', 'load-test'],
    parts: self.knownParts,

    // The data source that is offered first, as monitoring/grafana provisions it.
    datasource: { name: 'Prometheus', uid: 'prometheus' },
    // What `$job` offers first, and which series of other programs are about this service.
    serviceName: signals.serviceName,
    selectors: alerts.selectors {
      postgresExporter: 'job="postgres"',
      // Of k6, which knows no job.
      testRun: 'testid=~"$testid"',
    },

    // Whether Prometheus has the recording rules of alerts/. Without them, panels about SLOs ask for the raw series, which
    // takes long over 30 days.
    recordingRules: true,

    slos: signals.slos,
    burnRates: alerts.burnRates,
    // What alerts wait for; panels draw the same lines.
    alerts: alerts.alerts,
    // Below this much of its error budget a service had better ship fixes than features.
    budgetLow: 0.25,

    // Where links go: to dashboards by a path of the same Grafana, to runbooks and logs by these.
    runbookBaseUrl: alerts.runbookBaseUrl,
    kibana: { url: 'http://127.0.0.1:5601', dataView: 'logs-todo' },

    tag: 'sightline',
    range: 'now-15m',
    refresh: '30s',
  },
}
