// The windows that hold: those of the configuration, or those of a drill.
local durations = import 'durations.libsonnet';

{
  local config = self,
  local drill = config.drillWindows,
  local scaled(duration, min) =
    local bounds = { min: durations.seconds(min), max: durations.seconds(drill.max) };
    local seconds = std.ceil(durations.seconds(duration) / drill.scale);
    if drill == null then duration else durations.text(std.clamp(seconds, bounds.min, bounds.max)),

  // How long a condition has to hold.
  wait(duration):: if drill == null then duration else scaled(duration, drill.minWait),
  // What a rate looks back over.
  window(duration):: if drill == null then duration else scaled(duration, drill.minWindow),
  // The same in seconds, for ages that are compared with a clock.
  age(duration):: durations.seconds(config.wait(duration)),

  effective:: {
    local from = if drill == null then config else drill,
    burnRates: from.burnRates,
    evaluationInterval: from.evaluationInterval,
    shortestWindow: from.shortestWindow,
    longestRawWindow: from.longestRawWindow,
    budgetWindow(slo):: if drill == null then '%dd' % slo.windowDays else drill.budgetWindow,
  },
}
