// The processes of the service.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local m = causes.metrics,
  local api = config.selectors.api,
  local lag = causes.settings('EventLoopLag'),
  local memory = causes.settings('MemoryNearLimit'),
  local restarts = causes.settings('RestartingRepeatedly'),
  local callbacks = causes.settings('CallbackFailing'),
  local maintenance = causes.settings('MaintenanceStale'),
  local service = std.join(', ', config.serviceLabels),

  // Share of a limit that is used. The kernel ends a process at the first limit, V8 itself at the second.
  local used = {
    process: '%(used)s / %(limit)s' % {
      used: causes.series(m.process_resident_memory_bytes, [api]),
      limit: causes.series(m.process_memory_limit_bytes),
    },
    // What is young is not what fills it.
    heap: '%(used)s / ignoring (generation) %(limit)s' % {
      used: causes.series(m.nodejs_heap_used_bytes, [api, 'generation="old"']),
      limit: causes.series(m.nodejs_heap_limit_bytes),
    },
  },

  prometheusAlerts+:: {
    groups+: causes.groupOf('core', 'process', [
      causes.alert(
        'EventLoopLag',
        '%s > %g' % [causes.quantile(lag, m.nodejs_eventloop_delay_seconds, [api]), lag.seconds],
        'The event loop of {{ $labels.instance }} lags.',
        'One in a hundred timers of {{ $labels.instance }} fires {{ $value | humanizeDuration }} late or later: something keeps its event loop busy.',
        'nodejs',
      ),
    ] + [
      causes.alert(
        'MemoryNearLimit',
        '%s > %g' % [used[limit], memory.share],
        'The memory of {{ $labels.instance }} is near its limit.',
        '{{ $labels.instance }} uses {{ $value | humanizePercentage }} of what its %s may take; at the limit it is ended.' % limit,
        'nodejs',
        labels={ limit: limit },
      )
      for limit in std.objectFields(used)
    ] + [
      causes.alert(
        'RestartingRepeatedly',
        'changes(%s[%s]) > %g' % [causes.series(m.process_start_time_seconds, [api]), config.window(restarts.window), restarts.restarts],
        '{{ $labels.instance }} restarts again and again.',
        '{{ $labels.instance }} restarted {{ $value | humanize }} times within %s.' % config.window(restarts.window),
        'nodejs',
      ),
      causes.alert(
        'CallbackFailing',
        'increase(%s[%s]) > 0' % [causes.series(m.callback_errors_total, [api]), config.window(callbacks.window)],
        'Callbacks of {{ $labels.instance }} fail.',
        '{{ $value | humanize }} errors at the place {{ $labels.place }} of {{ $labels.instance }} within %s were kept from ending the process; what was to be done there was not.' % config.window(callbacks.window),
        'nodejs',
      ),
      // One instance at a time does the work, so the latest success of any counts; without one, the latest start.
      causes.alert(
        'MaintenanceStale',
        causes.stale(
          '(max by (%s) (%s) or max by (%s) (%s))' % [
            service,
            causes.series(m.maintenance_last_success_timestamp_seconds, [api]),
            service,
            causes.series(m.process_start_time_seconds, [api]),
          ],
          config.age(maintenance.age),
        ),
        'Background jobs of {{ $labels.job }} do not succeed.',
        causes.staleText(
          'What {{ $labels.job }} did last in the background',
          'No instance of {{ $labels.job }} went through its background jobs for {{ $value | humanizeDuration }}; expired rows stay.',
        ),
        'postgresql',
      ),
    ]),
  },
}
