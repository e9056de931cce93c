// The processes of the service: their event loop, memory and processor.
{
  local config = $._config,
  local dashboard = (import 'lib/dashboard.libsonnet')(config),
  local layout = import 'lib/layout.libsonnet',
  local links = (import 'lib/links.libsonnet')(config),
  local panels = import 'lib/panels.libsonnet',
  local q = import 'lib/queries.libsonnet',
  local signals = import '../alerts/lib/signals.libsonnet',
  local m = signals.metrics,
  local lag = config.alerts.EventLoopLag,
  local memory = config.alerts.MemoryNearLimit,
  local perInstance(metric) = q.max(q.of(metric), ['instance']),
  local ofLimit(used, limit, matchers=[]) = q.max('%s / on (job, instance) %s' % [q.of(used, matchers), q.of(limit)], ['instance']),

  grafanaDashboards+:: {
    'nodejs.json': dashboard.new(
      'nodejs',
      'Node.js runtime',
      'Event loop, garbage collection, memory and processor of each instance of the service.',
      ['job', 'instance'],
      [
        layout.section('What runs', [
          layout.row(5, [
            [12, panels.table(
              {
                title: 'Releases',
                description: 'Which version runs on which instance, and since when. Good is one version, but during a deployment. An instance that started just now, without a deployment, has crashed.',
                unit: 'short',
                empty: 'No instance',
                links: [links.runbook('RestartingRepeatedly')],
              },
              [
                |||-
                  max by (instance, version, revision, node_version) (
                    1000 * %(started)s
                    * on (job, instance) group_left (version, revision, node_version)
                    %(build)s
                  )
                ||| % {
                  started: q.of(m.process_start_time_seconds),
                  build: q.of(m.build_info),
                },
              ],
              [
                { from: 'instance', title: 'Instance' },
                { from: 'version', title: 'Version' },
                { from: 'revision', title: 'Revision' },
                { from: 'node_version', title: 'Node.js' },
                { from: 'Value', title: 'Started', unit: 'dateTimeFromNow' },
              ],
              'Started',
            )],
            [6, panels.stat({
              title: 'Callback errors',
              key: 'Callbacks that failed',
              description: 'Errors in listeners, timers and other callbacks in the shown time, kept from ending the process by their guards. Good is 0. Any is a fault in the code: the log has its stack.',
              unit: 'short',
              decimals: 0,
              steps: panels.redAbove(1),
              empty: 'No instance',
              links: [links.runbook('CallbackFailing'), links.logs('their errors', 'service.name:"${job}" AND event.action:callback-failed')],
            }, q.count(m.callback_errors_total, q.service))],
            [6, panels.stat({
              title: 'Restarts',
              key: 'Restarts in the shown time',
              description: 'How often instances started anew. Good is 0, or one for each deployment. More: see the log lines before the restart.',
              unit: 'short',
              decimals: 0,
              steps: panels.redAbove(config.alerts.RestartingRepeatedly.restarts + 1, 1),
              empty: 'No instance',
              links: [links.runbook('RestartingRepeatedly'), links.logs('starts and stops', 'service.name:"${job}" AND event.action:process*')],
            }, q.sum('changes(%s[%s])' % [q.of(m.process_start_time_seconds), q.overRange]))],
          ]),
        ]),
        layout.section('Event loop', [
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Event loop lag p50 / p99',
              key: 'Event loop delay',
              description: 'How late a timer fires: half of them, 99 % of them at most. Good is below 20 ms. Above the dashed line every request on the instance waits that long: something blocks the event loop; take a CPU profile.',
              unit: 's',
              steps: panels.redAbove(lag.seconds),
              empty: 'No instance',
              links: [links.runbook('EventLoopLag')],
            }, [
              panels.graph(q.quantile(0.5, m.nodejs_eventloop_delay_seconds, q.service, ['instance']), 'p50 of {{instance}}'),
              panels.graph(q.quantile(lag.quantile, m.nodejs_eventloop_delay_seconds, q.service, ['instance']), 'p99 of {{instance}}'),
            ])],
            [8, panels.timeSeries({
              title: 'Event loop utilization',
              key: 'Event loop busy',
              description: 'Share of the time in which the event loop runs code rather than waits. Good is below 70 %. Near 100 % the instance is at its limit: add instances.',
              unit: 'percentunit',
              max: 1,
              empty: 'No instance',
            }, [panels.graph(q.rate(m.nodejs_eventloop_busy_seconds_total, q.service, ['instance']), '{{instance}}')])],
            [8, panels.timeSeries({
              title: 'Active resources',
              key: 'What keeps the event loop alive',
              description: 'Connections, timers and other resources that are open. Good follows the traffic. A kind that only grows is a leak.',
              unit: 'short',
              stacked: true,
              empty: 'No instance',
            }, [panels.graph(q.sum(q.of(m.nodejs_active_resources), ['type']), '{{type}}')])],
          ]),
        ]),
        layout.section('Garbage collection', [
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'GC time share',
              key: 'Time spent collecting garbage',
              description: 'Share of the time in which the garbage collector holds the process, by kind. Good is below 5 %. More: the heap is nearly full, or requests make a lot of garbage.',
              unit: 'percentunit',
              stacked: true,
              empty: 'No instance',
            }, [panels.graph(q.rate(m.nodejs_gc_duration_seconds, q.service, ['kind'], '_sum'), '{{kind}}')])],
            [8, panels.timeSeries({
              title: 'GC pause p99',
              key: 'Longest pauses',
              description: '99 % of the pauses of the garbage collector are shorter than this. Good is a few milliseconds for minor ones. Long major ones come with a heap that is nearly full.',
              unit: 's',
              empty: 'No pauses',
            }, [panels.graph(q.quantile(0.99, m.nodejs_gc_duration_seconds, q.service, ['kind']) + ' >= 0', '{{kind}}')])],
            [8, panels.timeSeries({
              title: 'GC runs by kind',
              key: 'Collections a second',
              description: 'How often the garbage collector runs, by kind. Good is mostly minor ones, in step with the traffic. Many major ones mean that the heap is too small.',
              unit: 'ops',
              stacked: true,
              empty: 'No instance',
            }, [panels.graph(q.rate(m.nodejs_gc_duration_seconds, q.service, ['kind'], '_count'), '{{kind}}')])],
          ]),
        ]),
        layout.section('Memory, processor, files', [
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Memory utilization',
              key: 'Memory used, of its limits',
              description: 'Share of what the process may take (of its control group or machine), and of what V8 lets the old generation of the heap take, which holds what lasts. Good is below the dashed line, and not growing day by day. At the limit the process is ended.',
              unit: 'percentunit',
              max: 1,
              steps: panels.redAbove(memory.share),
              empty: 'No instance',
              links: [links.runbook('MemoryNearLimit')],
            }, [
              panels.graph(ofLimit(m.process_resident_memory_bytes, m.process_memory_limit_bytes), 'process {{instance}}'),
              panels.graph(ofLimit(m.nodejs_heap_used_bytes, m.nodejs_heap_limit_bytes, ['generation="old"']), 'heap of {{instance}}'),
            ])],
            [8, panels.timeSeries({
              title: 'Memory usage',
              key: 'Memory',
              description: 'Memory of each instance: the whole process, what V8 took for its heap and uses of it, and what is outside of the heap (buffers). Good levels off some minutes after a start. A line that only rises is a leak: take a heap snapshot.',
              unit: 'bytes',
              empty: 'No instance',
              links: [links.runbook('MemoryNearLimit')],
            }, [
              panels.graph(perInstance(m.process_resident_memory_bytes), 'process {{instance}}'),
              panels.graph(perInstance(m.nodejs_heap_total_bytes), 'heap of {{instance}}'),
              panels.graph(q.sum(q.of(m.nodejs_heap_used_bytes), ['instance']), 'heap in use of {{instance}}'),
              panels.graph(perInstance(m.nodejs_external_memory_bytes), 'outside the heap of {{instance}}'),
            ])],
            [4, panels.timeSeries({
              title: 'CPU usage (cores)',
              key: 'Processor cores',
              description: 'Cores that an instance uses. Good is below 1: JavaScript runs on one. More comes from password hashes and the garbage collector.',
              unit: 'short',
              decimals: 2,
              empty: 'No instance',
            }, [panels.graph(q.rate(m.process_cpu_seconds_total, q.service, ['instance']), '{{instance}}')])],
            [4, panels.timeSeries({
              title: 'File descriptor utilization',
              key: 'Open files, of their limit',
              description: 'Share of the file descriptors that the process may open, sockets included. Good is below 50 %. At the limit no connection is accepted: raise it, or find what is not closed.',
              unit: 'percentunit',
              max: 1,
              empty: 'Known on Linux only',
            }, [panels.graph(ofLimit(m.process_open_fds, m.process_max_fds), '{{instance}}')])],
          ]),
        ]),
      ],
    ),
  },
}
