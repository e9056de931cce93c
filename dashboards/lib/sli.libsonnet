// The series of SLIs that dashboards show: those that the recording rules make, which alerts look at too. Without the
// rules (`_config.recordingRules: false`) what they are made of, by the same formulas.
local sli = import '../../alerts/lib/sli.libsonnet';
local names = import '../../alerts/lib/slo-names.libsonnet';
local q = import 'queries.libsonnet';

local totalOf(slo, matchers, window, by) = sli.events(slo.total, matchers, window, by);
local goodOf(slo, matchers, window, by) =
  '(%s)' % sli.orNoGood(sli.events(slo.good, matchers, window, by), totalOf(slo, matchers, window, by), by);
local shareOf(slo, matchers, window, by) = sli.share(goodOf(slo, matchers, window, by), totalOf(slo, matchers, window, by));

function(config) {
  // The series that `record` names, of one SLO, or with `slo` of null of each; `raw` makes it of the service's own series.
  local series(record, raw, slo) =
    if config.recordingRules then '%s{%s}' % [record, std.join(',', [q.job] + (if slo == null then [] else ['slo="%s"' % slo]))]
    else if slo != null then raw(config.slos[slo])
    else std.join('\nor\n', ['label_replace(%s, "slo", "%s", "", "")' % [raw(config.slos[name]), name] for name in std.objectFields(config.slos)]),
  local raw(of, window) = function(slo) of(slo, [q.job], window, ['job']),
  local burnOf(window) = function(slo) sli.burn(raw(shareOf, window)(slo), slo.objective),

  total(window, slo=null):: series(names.total(window), raw(totalOf, window), slo),
  good(window, slo=null):: series(names.good(window), raw(goodOf, window), slo),
  burn(window, slo=null):: series(names.burn(window), burnOf(window), slo),
  left(window, slo=null):: series(names.left(window), function(slo) sli.left(burnOf(window)(slo)), slo),
  goodShare(window):: if config.recordingRules then sli.share(self.good(window), self.total(window)) else series(null, raw(shareOf, window), null),

  // Of the instances that the reader selected, over what is shown or by the second: no rule records those.
  selectedGood(slo, window):: shareOf(config.slos[slo], q.service, window, []),
  selectedBad(slo, window):: '1 - ' + self.selectedGood(slo, window),
}
