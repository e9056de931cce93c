{
  local alert = (import '../lib/alert.libsonnet')($._config),

  prometheusAlerts+:: {
    groups+: [{
      name: 'sightline-watchdog',
      rules: [
        alert(
          'Watchdog',
          'vector(1)',
          'Alerts are delivered.',
          'This alert always fires. When it no longer arrives, Prometheus or Alertmanager is down, and no other alert arrives either.',
          'alerts',
          severity='none',
        ),
      ],
    }],
  },
}
