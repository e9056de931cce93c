// The workload on Kubernetes, as kube-state-metrics sees it.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local foreign = causes.foreign,
  local of(metric, matchers=[]) =
    causes.series(metric, [config.selectors.kubernetes, config.selectors.namespace] + matchers),

  prometheusAlerts+:: {
    groups+: causes.groupOf('kubernetes', 'kubernetes', [
      causes.alert(
        'DeploymentReplicasUnavailable',
        '%s > 0' % of(foreign.kube_deployment_status_replicas_unavailable),
        'Replicas of {{ $labels.deployment }} are unavailable.',
        '{{ $value }} replicas of the Deployment {{ $labels.namespace }}/{{ $labels.deployment }} are not available.',
        'golden-signals',
      ),
      causes.alert(
        'JobFailed',
        '%s == 1' % of(foreign.kube_job_failed, ['condition="true"']),
        'The Job {{ $labels.job_name }} failed.',
        'The Job {{ $labels.namespace }}/{{ $labels.job_name }} failed after all of its attempts (failed is {{ $value }}).',
        'golden-signals',
      ),
    ]),
  },
}
