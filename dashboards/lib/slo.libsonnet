// What the panels draw of an SLO.

{
  // The seconds within which an answer is a good one, as its selections say (`le=~"1|1[.]0"`), also as people write them.
  threshold(slo)::
    local bounds = [
      std.parseJson(std.split(std.strReplace(std.substr(matcher, 5, std.length(matcher)), '"', ''), '|')[0])
      for matcher in slo.good.selections[0]
      if std.startsWith(matcher, 'le=~"')
    ];
    assert std.length(bounds) == 1 : 'must provide an SLO of latency, whose good answers have one bound; got %s' % std.manifestJsonMinified(slo);
    local seconds = bounds[0];
    { seconds: seconds, text: if seconds < 1 then '%g ms' % (seconds * 1000) else '%g s' % seconds },
  // All that the objective allows: 0.001 of 99.9 %, without the dust of binary fractions.
  badShare(slo):: std.round((1 - slo.objective) * 1e9) / 1e9,
  // Whether it is about latency.
  isLatency(slo):: std.length([matcher for matcher in slo.good.selections[0] if std.startsWith(matcher, 'le=~"')]) == 1,
}
