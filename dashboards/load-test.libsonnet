// A run of k6: what it sent, what it got, and what the service says of the same time.
{
  local config = $._config,
  local dashboard = (import 'lib/dashboard.libsonnet')(config),
  local layout = import 'lib/layout.libsonnet',
  local links = (import 'lib/links.libsonnet')(config),
  local panels = import 'lib/panels.libsonnet',
  local q = import 'lib/queries.libsonnet',
  local signals = import '../alerts/lib/signals.libsonnet',
  local m = signals.metrics,
  local slo = import 'lib/slo.libsonnet',
  local k6 = signals.foreignMetrics,
  local run = config.selectors.testRun,
  local of(metric) = q.series(metric, [run]),
  local rate(metric, by=[]) = q.rate(metric, [run], by),
  local fast = slo.threshold(config.slos['latency-100ms']).seconds,
  local slow = slo.threshold(config.slos['latency-500ms']).seconds,
  local notRunning = 'No run of k6 in this time',
  local requests(matchers=[], window=q.perSecond) = 'sum(rate(%s[%s]))' % [q.series(k6.k6_http_reqs_total, [run] + matchers), window],

  grafanaDashboards+:: if !std.member(config.parts, 'load-test') then {} else {
    'load-test.json': dashboard.new(
      'load-test',
      'Load test',
      'A run of k6: what it sent, what it got, and what the service says of the same time.',
      ['job', 'instance', 'testid'],
      [
        layout.section('The run', [
          layout.row(4, [
            [6, panels.stat({
              title: 'Virtual users',
              description: 'Users that k6 plays, now. Good is what the profile wants. All that it may have, and iterations dropped: the service is too slow for the rate.',
              unit: 'short',
              empty: notRunning,
            }, q.sum(of(k6.k6_vus)))],
            [6, panels.stat({
              title: 'k6 requests',
              key: 'Requests sent',
              description: 'Requests of the run in the shown time. Good is as many as the service counted of it: the graph below shows both.',
              unit: 'short',
              decimals: 0,
              empty: notRunning,
            }, 'sum(increase(%s[%s]))' % [of(k6.k6_http_reqs_total), q.overRange])],
            [6, panels.stat({
              title: 'k6 error rate',
              key: 'Answers not expected',
              description: 'Share of requests whose answer was not the one that the script expects, in the shown time. Good is below what the objective of availability allows.',
              unit: 'percentunit',
              decimals: 2,
              steps: panels.redAbove(slo.badShare(config.slos.availability)),
              empty: notRunning,
              links: [links.dashboard('API by route', 'api')],
            }, '1 - ' + q.share(requests(['expected_response="true"'], q.overRange), requests([], q.overRange)))],
            [6, panels.stat({
              title: 'k6 checks passed',
              key: 'Checks passed',
              description: 'The worst of the checks in the scripts: the share of times that it passed. Good is 100 %.',
              unit: 'percentunit',
              decimals: 1,
              steps: panels.redBelow(1),
              empty: notRunning,
              links: [links.dashboard('API by route', 'api')],
            }, q.min(of(k6.k6_checks_rate)))],
          ]),
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Request rate: k6 and the service',
              key: 'Requests a second: k6 and the service',
              description: 'What k6 sent, and what the service answered. Not counted: health checks, and requests for metrics. Good is one line on the other. The service counts more when others use it, too; fewer, when requests get lost before it.',
              unit: 'reqps',
              empty: notRunning,
            }, [
              panels.graph(requests(), 'sent by k6'),
              panels.graph(q.rate(m.http_requests_total, q.service + ['route!~"/health/.*|/metrics"']), 'answered by the service'),
            ])],
            [8, panels.timeSeries({
              title: 'Latency p50 / p95 / p99 by k6',
              key: 'Latency as k6 sees it',
              description: 'Half of the requests, 95 % and 99 % of them, of the slowest kind of request, as a client sees them. Good is below the dashed lines of the objectives; log-ins may take 1 s.',
              unit: 's',
              steps: panels.redAbove(slow, fast),
              empty: notRunning,
              links: [links.dashboard('Golden signals', 'golden-signals')],
            }, [
              panels.graph(q.max(of(k6.k6_http_req_duration_p50)), 'p50'),
              panels.graph(q.max(of(k6.k6_http_req_duration_p95)), 'p95'),
              panels.graph(q.max(of(k6.k6_http_req_duration_p99)), 'p99'),
            ])],
            [8, panels.timeSeries({
              title: 'Latency p50 / p95 / p99 by the service',
              key: 'Latency as the service sees it',
              description: 'The same quantiles of all requests, by the histogram of the service. Not counted: requests whose client went away (499). Good is close to what k6 sees. k6 seeing much more means a queue before the service: accept backlog, network, or k6 itself out of processor.',
              unit: 's',
              steps: panels.redAbove(slow, fast),
              empty: 'No requests',
              links: [links.dashboard('API by route', 'api')],
            }, [
              panels.graph(q.quantile(0.5, m.http_request_duration_seconds, q.service), 'p50'),
              panels.graph(q.quantile(0.95, m.http_request_duration_seconds, q.service), 'p95'),
              panels.withExemplars(panels.graph(q.quantile(0.99, m.http_request_duration_seconds, q.service), 'p99')),
            ])],
          ]),
          layout.row(8, [
            [8, panels.bars({
              title: 'k6 latency p99 by request',
              key: 'Slowest requests',
              description: '99 % of the requests of each name in the scripts took this long at most, now: the ten slowest. Good is below the objectives.',
              unit: 's',
              steps: panels.redAbove(slow, fast),
              empty: notRunning,
              links: [links.dashboard('API by route', 'api')],
            }, q.top(10, q.max(of(k6.k6_http_req_duration_p99), ['name'])), '{{name}}')],
            [8, panels.timeSeries({
              title: 'Iterations',
              description: 'Journeys a second that were finished, and those that k6 dropped because no virtual user was free. Good is none dropped: with drops, the run did not make the load that it was meant to.',
              unit: 'ops',
              empty: notRunning,
            }, [
              panels.graph(rate(k6.k6_iterations_total), 'finished'),
              // k6 makes the series with the first iteration that it drops: until then there are none.
              panels.graph(|||-
                %(dropped)s
                or
                %(finished)s * 0
              ||| % {
                dropped: rate(k6.k6_dropped_iterations_total),
                finished: rate(k6.k6_iterations_total),
              }, 'dropped'),
            ])],
            [8, panels.timeSeries({
              title: 'k6 network traffic',
              key: 'Bytes',
              description: 'Bytes a second that k6 sent and received. Good follows the requests. Answers that grow while requests do not are a list without a limit.',
              unit: 'Bps',
              empty: notRunning,
            }, [
              panels.graph(rate(k6.k6_data_received_total), 'received'),
              panels.graph(rate(k6.k6_data_sent_total), 'sent'),
            ])],
          ]),
        ]),
      ],
    ),
  },
}
