// Elasticsearch, as the shipper and its own health see it.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),

  prometheusAlerts+:: {
    groups+: causes.groupOf('elasticsearch', 'elasticsearch', [
      causes.alert(
        'ElasticsearchDown',
        |||
          %(up)s == 0
          or
          %(red)s == 1
        ||| % {
          up: causes.series(causes.metrics.log_shipper_elasticsearch_up, [config.selectors.shipper]),
          red: causes.series(causes.foreign.elasticsearch_cluster_health_status, [config.selectors.elasticsearch, 'color="red"']),
        },
        'Elasticsearch is down.',
        'Elasticsearch does not answer {{ $labels.instance }}, or its health is red there (value {{ $value }}). Logs cannot be searched; lines wait in their files.',
        'log-pipeline',
      ),
    ]),
  },
}
