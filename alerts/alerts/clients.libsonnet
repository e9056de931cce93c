// Clients that do what clients should not.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local m = causes.metrics,
  local api = config.selectors.api,
  local rejections = causes.settings('RateLimitSurge'),
  local logIns = causes.settings('LogInFailureSurge'),
  local guesses = causes.settings('PasswordGuessing'),
  local passwords(matchers) =
    causes.rate(logIns, m.auth_attempts_total, ['method="password"'] + matchers, config.serviceLabels),

  prometheusAlerts+:: {
    groups+: causes.groupOf('core', 'clients', [
      causes.alert(
        'RateLimitSurge',
        '%s > %g' % [causes.rate(rejections, m.rate_limit_rejections_total, [api], config.serviceLabels + ['limiter']), rejections.perSecond],
        'Many requests are over the limit {{ $labels.limiter }}.',
        'The limit {{ $labels.limiter }} refuses {{ $value | humanize }} requests a second.',
        'golden-signals',
      ),
      causes.alert(
        'LogInFailureSurge',
        |||
          %(ours)s > %(perSecond)g
          and
          %(failures)s / %(all)s > %(share)g
        ||| % logIns {
          ours: passwords(['outcome="failure"', api]),
          failures: passwords(['outcome="failure"']),
          all: passwords([]),
        },
        'Many log-ins fail: somebody may be guessing passwords.',
        '{{ $value | humanize }} log-ins a second fail for a wrong password, more than half of all.',
        'golden-signals',
      ),
      causes.alert(
        'PasswordGuessing',
        '%s > %g' % [causes.rate(guesses, m.rate_limit_rejections_total, [api, 'limiter="account"'], config.serviceLabels), guesses.perSecond],
        'Somebody guesses the password of an account from many networks.',
        '{{ $value | humanize }} log-ins a second are refused for accounts that too many wrong passwords came for.',
        'golden-signals',
      ),
    ]),
  },
}
