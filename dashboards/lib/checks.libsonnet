// What a configuration has to be; a wrong one stops the build with the sentence.
local text(value) = std.manifestJsonMinified(value);
local isUrl(value) = std.isString(value) && std.length(std.findSubstr('://', value)) == 1 && !std.endsWith(value, '/');

{
  local unknown = std.filter(function(part) !std.member(self.knownParts, part), self.parts),
  assert unknown == [] :
         'must provide parts out of %s; got %s' % [text(self.knownParts), text(unknown)],
  assert isUrl(self.kibana.url) :
         'must provide kibana.url as an address without a slash at its end; got %s' % text(self.kibana.url),
  assert isUrl(self.runbookBaseUrl) :
         'must provide runbookBaseUrl as an address without a slash at its end; got %s' % text(self.runbookBaseUrl),
  assert std.isBoolean(self.recordingRules) :
         'must provide recordingRules as true or false; got %s' % text(self.recordingRules),
  assert std.isNumber(self.budgetLow) && self.budgetLow > 0 && self.budgetLow < 1 :
         'must provide budgetLow between 0 and 1, neither included; got %s' % text(self.budgetLow),
}
