// What a configuration has to be; a wrong one stops the build with the sentence.
local durations = import 'durations.libsonnet';
local severities = ['page', 'ticket'];
local text(value) = std.manifestJsonMinified(value);
local has(object, fields) = std.setDiff(std.set(fields), std.objectFields(object)) == [];

local unknownParts(config) = std.filter(function(part) !std.member(config.knownParts, part), config.parts);
local wrongObjectives(config) = [
  name
  for name in std.objectFields(config.slos)
  if !(std.isNumber(config.slos[name].objective) && config.slos[name].objective > 0 && config.slos[name].objective < 1)
];
local incompleteSlos(config) = [
  name
  for name in std.objectFields(config.slos)
  if !has(config.slos[name], ['objective', 'windowDays', 'minBadEvents', 'total', 'good'])
];
local wrongGuards(config) = [
  name
  for name in std.objectFields(config.slos)
  if !(std.isNumber(config.slos[name].minBadEvents) && config.slos[name].minBadEvents >= 1)
];
local wrongOrder(config) = [
  rate
  for rate in config.effective.burnRates
  if durations.seconds(rate.short) >= durations.seconds(rate.long)
];
local tooLong(config) = [
  '%s of %s' % [rate.long, name]
  for rate in config.effective.burnRates
  for name in std.objectFields(config.slos)
  if durations.seconds(rate.long) > durations.seconds(config.effective.budgetWindow(config.slos[name]))
];
local tooShort(config) = [
  rate.short
  for rate in config.effective.burnRates
  if durations.seconds(rate.short) < durations.seconds(config.effective.shortestWindow)
];

{
  assert unknownParts(self) == [] :
         'must provide parts out of %s; got %s' % [text(self.knownParts), text(unknownParts(self))],
  assert incompleteSlos(self) == [] :
         'must provide objective, windowDays, minBadEvents, total and good of each SLO; incomplete: %s' % text(incompleteSlos(self)),
  assert wrongObjectives(self) == [] :
         'must provide an objective between 0 and 1, neither included, of the SLOs %s' % text(wrongObjectives(self)),
  assert wrongGuards(self) == [] :
         'must provide minBadEvents of 1 or more of the SLOs %s' % text(wrongGuards(self)),
  assert std.all([has(rate, ['severity', 'long', 'short', 'factor']) for rate in self.effective.burnRates]) :
         'must provide severity, long, short and factor of each burn rate',
  assert std.all([std.member(severities, rate.severity) for rate in self.effective.burnRates]) :
         'must provide a severity out of %s of each burn rate' % text(severities),
  assert wrongOrder(self) == [] :
         'must provide burn rates whose short window is shorter than the long one; got %s' % text(wrongOrder(self)),
  assert tooLong(self) == [] :
         "must provide long windows within the SLO's own window; got %s" % text(tooLong(self)),
  assert tooShort(self) == [] :
         'must provide windows of %s (shortestWindow) or more; got %s' % [self.effective.shortestWindow, text(tooShort(self))],
}
