// The alert that proves the way of all the others.
{
  local causes = (import '../lib/causes.libsonnet')($._config),

  prometheusAlerts+:: {
    groups+: causes.groupOf('core', 'watchdog', [
      causes.alert(
        'Watchdog',
        'vector(1)',
        'Alerts are delivered.',
        'This alert always fires. When it no longer arrives, Prometheus or Alertmanager is down, and no other alert arrives either.',
        'alerts',
        severity='none',
      ),
    ]),
  },
}
