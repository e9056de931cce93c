// Which route, which answer, which operation: where a symptom of the golden signals comes from.
{
  local config = $._config,
  local dashboard = (import 'lib/dashboard.libsonnet')(config),
  local layout = import 'lib/layout.libsonnet',
  local links = (import 'lib/links.libsonnet')(config),
  local panels = import 'lib/panels.libsonnet',
  local q = import 'lib/queries.libsonnet',
  local signals = import '../alerts/lib/signals.libsonnet',
  local slo = import 'lib/slo.libsonnet',
  local m = signals.metrics,
  local redis = std.member(config.parts, 'redis'),
  local slow = slo.threshold(config.slos['latency-500ms']).seconds,
  local fast = slo.threshold(config.slos['latency-100ms']).seconds,
  local byRoute = ['method', 'route'],
  local ofService = 'service.name:"${job}" AND event.action:"request"',
  local logsOfRoute = links.logsOf(ofService + ' AND labels.route:"%s"' % links.label('route')),
  local failed = q.routes + ['status=~"5.."'],

  grafanaDashboards+:: {
    'api.json': dashboard.new(
      'api',
      'API by route',
      'Traffic, errors and latency of each route, and what the service does with todos, log-ins and limits.',
      ['job', 'instance', 'route'],
      [
        layout.section('Routes', [
          layout.row(9, [[24, panels.table(
            {
              title: 'Routes in the shown time',
              description: 'Each route and method: how many requests, what share of them failed with 5xx or was refused with 4xx, and how long 95 % and 99 % of them took at most. Good is no red. Click a route for its log lines.',
              unit: 'short',
              empty: 'No requests in this time',
            },
            [
              q.count(m.http_requests_total, q.routes, byRoute) + ' > 0',
              q.share(q.count(m.http_requests_total, failed, byRoute), q.count(m.http_requests_total, q.routes, byRoute)),
              q.share(q.count(m.http_requests_total, q.routes + ['status=~"4.."', 'status!="499"'], byRoute), q.count(m.http_requests_total, q.routes, byRoute)),
              q.quantile(0.95, m.http_request_duration_seconds, q.routes, byRoute, q.overRange) + ' >= 0',
              q.quantile(0.99, m.http_request_duration_seconds, q.routes, byRoute, q.overRange) + ' >= 0',
            ],
            [
              { from: 'route', title: 'Route', links: [links.logsOf(ofService + ' AND labels.route:"%s"' % links.field('Route'))] },
              { from: 'method', title: 'Method' },
              { from: 'Value #A', title: 'Requests', unit: 'short' },
              { from: 'Value #B', title: 'Failed', unit: 'percentunit', steps: panels.redAbove(slo.badShare(config.slos.availability)) },
              { from: 'Value #C', title: 'Refused', unit: 'percentunit' },
              { from: 'Value #D', title: '95 % within', unit: 's' },
              { from: 'Value #E', title: '99 % within', unit: 's', steps: panels.redAbove(slow, fast) },
            ],
            'Requests',
          )]]),
          layout.row(8, [
            [8, panels.bars({
              title: 'Routes with the most requests',
              description: 'Requests a second of the ten busiest routes, now. Good is the usual ten. A newcomer at the top is a new client, or one that loops.',
              unit: 'reqps',
              empty: 'No requests',
              dataLinks: [logsOfRoute],
            }, q.top(10, q.rate(m.http_requests_total, q.routes, ['route'])), '{{route}}')],
            [8, panels.bars({
              title: 'Routes with the most failures',
              description: 'Answers with 5xx of the ten routes that fail most, in the shown time. Good is none. Click a bar for its log lines.',
              unit: 'short',
              decimals: 0,
              steps: panels.redAbove(1),
              empty: 'No failures',
              dataLinks: [links.logsOf('service.name:"${job}" AND http.response.status_code:[500 TO 599] AND labels.route:"%s"' % links.label('route'))],
            }, q.top(10, q.count(m.http_requests_total, failed, ['route']) + ' > 0'), '{{route}}')],
            [8, panels.bars({
              title: 'Slowest routes',
              description: '99 % of the requests of these ten routes were answered within this, in the shown time. Good is not orange; red is slower than the objectives allow to one in a thousand. Log-ins, registrations and batches may take 1 s.',
              unit: 's',
              steps: panels.redAbove(slow, fast),
              empty: 'No requests',
              dataLinks: [logsOfRoute],
            }, q.top(10, q.quantile(0.99, m.http_request_duration_seconds, q.routes, ['route'], q.overRange) + ' >= 0'), '{{route}}')],
          ]),
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Requests by route',
              description: 'Requests a second of each route. Good follows the usual shape of the day. A route that rises alone is one client: click it for its log lines.',
              unit: 'reqps',
              stacked: true,
              empty: 'No requests',
              dataLinks: [logsOfRoute],
            }, [panels.graph(q.rate(m.http_requests_total, q.routes, ['route']) + ' > 0', '{{route}}')])],
            [8, panels.timeSeries({
              title: 'Answers by status',
              description: 'Answers a second by status. Good is mostly 200, 201 and 204. 499 is a client that went away before its answer; many of them mean that answers take too long.',
              unit: 'reqps',
              stacked: true,
              empty: 'No requests',
              dataLinks: [links.logsOf('service.name:"${job}" AND http.response.status_code:%s' % links.label('status'))],
            }, panels.faultsFirst(function(matcher) q.rate(m.http_requests_total, q.routes + [matcher], ['status']) + ' > 0', 'status', '5..', '{{status}}'))],
            [8, panels.timeSeries({
              title: 'Latency of 95 % of requests by route',
              description: '95 % of the requests of a route are answered within this. Good is below the dashed lines of the latency objectives, except for log-ins, registrations and batches, which may take 1 s. Dots are single requests.',
              unit: 's',
              steps: panels.redAbove(slow, fast),
              empty: 'No requests',
              dataLinks: [logsOfRoute],
            }, [panels.withExemplars(panels.graph(q.quantile(0.95, m.http_request_duration_seconds, q.routes, ['route']) + ' >= 0', '{{route}}'))])],
          ]),
        ]),
        layout.section('What the service is for', [
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Operations on todos',
              description: 'Operations a second that succeed, by kind. Good follows the usual shape of the day.',
              unit: 'ops',
              stacked: true,
              empty: 'No instance',
            }, [panels.graph(q.rate(m.todo_operations_total, q.service + ['outcome="success"'], ['operation']), '{{operation}}')])],
            [8, panels.timeSeries({
              title: 'Operations on todos that do not succeed',
              description: 'Refused is a fault of the request (no such todo, wrong version, bad input); failed is ours. Good is no failed ones; refused ones come from clients and rise with a faulty release of one.',
              unit: 'ops',
              empty: 'No instance',
            }, [panels.graph(q.rate(m.todo_operations_total, q.service + ['outcome!="success"'], ['outcome']), '{{outcome}}')])],
            [8, panels.timeSeries({
              title: 'Requests sent twice',
              description: 'Requests a second that were answered with the kept answer of an earlier request with the same Idempotency-Key. Good is few: clients send again after a lost answer, so many mean a bad network or answers that take too long.',
              unit: 'reqps',
              empty: 'No instance',
            }, [panels.graph(q.rate(m.idempotent_replays_total, q.service), 'answered from memory')])],
          ]),
        ]),
        layout.section('Log-ins and limits', [
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Log-ins and refreshes',
              description: 'Attempts a second by how they authenticate and how they end. Good is mostly success. A replayed refresh token was stolen or sent twice; its sessions are ended.',
              unit: 'cps',
              stacked: true,
              empty: 'No instance',
              links: [links.runbook('LogInFailureSurge'), links.logs('authentication', 'service.name:"${job}" AND event.category:"authentication"')],
            }, panels.faultsFirst(function(matcher) q.rate(m.auth_attempts_total, q.service + [matcher], ['method', 'outcome']), 'outcome', 'failure|refused|replayed|error', '{{method}}: {{outcome}}'))],
            [8, panels.timeSeries({
              title: 'Passwords that wait for their hash',
              description: 'Log-ins and registrations in the queue for the costly password hash, and those a second that were refused because many addresses filled it. Good is an empty queue and none refused. Otherwise log-ins come faster than the processors hash.',
              unit: 'short',
              empty: 'No instance',
            }, [
              panels.graph(q.sum(q.of(m.password_queue_length)), 'waiting'),
              panels.graph(q.rate(m.password_queue_rejections_total, q.service), 'refused a second'),
            ])],
            [8, panels.timeSeries({
              title: 'Requests over a limit',
              description: 'Requests a second that were refused with 429, by the limit they were over, and those whose client no proxy names, so that they share the limits of the proxy. Good is next to none.',
              unit: 'reqps',
              stacked: true,
              empty: 'No instance',
              links: [links.runbook('RateLimitSurge')],
            }, [
              panels.graph(q.rate(m.rate_limit_rejections_total, q.service, ['limiter']), '{{limiter}}'),
              panels.graph(q.rate(m.client_addresses_unreadable_total, q.service, ['reason']), 'of an address that is {{reason}}'),
            ])],
          ]),
        ] + if !redis then [] else [
          layout.row(5, [[24, panels.states({
            title: 'Limits counted in Redis',
            description: 'Whether an instance counts its limits in Redis, together with the others. Good is yes. When it is no, Redis is away, and each instance counts for itself until it is back.',
            unit: 'bool_yes_no',
            mappings: panels.mappings([['0', 'in memory, by each for itself', 'orange'], ['1', 'in Redis, together', 'green']]),
            empty: 'Limits are counted in memory: REDIS_URL is not set',
          }, [panels.graph(q.min(q.of(m.rate_limit_redis_up), ['instance']), '{{instance}}')])]]),
        ]),
      ],
    ),
  },
}
