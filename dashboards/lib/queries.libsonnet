// PromQL over the series that the variables select. Windows are Grafana's: `$__rate_interval` in graphs, which is never
// shorter than four scrapes, and `$__range`, what the reader looks at, in totals.
local series = import '../../alerts/lib/series.libsonnet';
local sli = import '../../alerts/lib/sli.libsonnet';

local aggregate(operator, by, expr) =
  if by == [] then '%s(%s)' % [operator, expr] else '%s by (%s) (%s)' % [operator, std.join(', ', by), expr];

{
  local q = self,
  // What the API's dashboards select by their variables.
  job:: 'job="$job"',
  service:: [q.job, 'instance=~"$instance"'],
  routes:: q.service + ['route=~"$route"'],
  perSecond:: '$__rate_interval',
  overRange:: '$__range',

  series:: series,
  of(metric, matchers=[]):: series(metric, q.service + matchers),
  sum(expr, by=[]):: aggregate('sum', by, expr),
  max(expr, by=[]):: aggregate('max', by, expr),
  min(expr, by=[]):: aggregate('min', by, expr),
  top(count, expr):: 'topk(%d, %s)' % [count, expr],

  // Events a second, and events over what is shown.
  rate(metric, matchers, by=[], suffix=''):: aggregate('sum', by, 'rate(%s[%s])' % [series(metric, matchers, suffix), q.perSecond]),
  count(metric, matchers, by=[], suffix=''):: aggregate('sum', by, 'increase(%s[%s])' % [series(metric, matchers, suffix), q.overRange]),

  // A quantile of a histogram, of each group; of the shown range where `window` says so.
  quantile(quantile, metric, matchers, by=[], window=q.perSecond)::
    'histogram_quantile(%g, %s)' % [quantile, aggregate('sum', by + ['le'], 'rate(%s[%s])' % [series(metric, matchers, '_bucket'), window])],
  // Observations a second by bucket, for a heatmap.
  buckets(metric, matchers):: aggregate('sum', ['le'], 'rate(%s[%s])' % [series(metric, matchers, '_bucket'), q.perSecond]),

  // A share of a whole; none without a whole, rather than one that is no number.
  share:: sli.share,
}
