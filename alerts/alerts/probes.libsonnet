// What a client sees from outside: the only symptom of an outage without traffic.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local foreign = causes.foreign,
  local blackbox = config.selectors.blackbox,
  local certificate = causes.settings('CertificateExpiring'),

  prometheusAlerts+:: {
    groups+: causes.groupOf('blackbox', 'probes', [
      causes.alert(
        'ProbeFailing',
        '%s == 0' % causes.series(foreign.probe_success, [blackbox]),
        '{{ $labels.instance }} does not answer.',
        'The probe of {{ $labels.instance }} fails (probe_success is {{ $value }}): the service is down, or cannot be reached.',
        'golden-signals',
        severity='page',
        kind='symptom',
      ),
      causes.alert(
        'CertificateExpiring',
        '%s - time() < %g * 86400' % [causes.series(foreign.probe_ssl_earliest_cert_expiry, [blackbox]), certificate.days],
        'The certificate of {{ $labels.instance }} expires soon.',
        'The certificate of {{ $labels.instance }} expires in {{ $value | humanizeDuration }} and was not renewed.',
        'golden-signals',
      ),
    ]),
  },
}
