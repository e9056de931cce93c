// Series as PromQL selects them: `name{matcher,matcher}`; empty matchers select nothing further.
function(metric, matchers=[], suffix='')
  local given = std.filter(function(matcher) matcher != '', matchers);
  metric.name + suffix + (if given == [] then '' else '{%s}' % std.join(',', given))
