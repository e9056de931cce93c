// Durations as Prometheus writes them, of one unit: 30s, 5m, 6h, 3d.
local units = { s: 1, m: 60, h: 3600, d: 86400 };

{
  seconds(duration)::
    local number = std.substr(duration, 0, std.length(duration) - 1);
    local unit = std.substr(duration, std.length(duration) - 1, 1);
    if std.length(number) > 0 && std.objectHas(units, unit) && std.all([std.member('0123456789', c) for c in std.stringChars(number)])
    then std.parseInt(number) * units[unit]
    else error "must provide durations such as 30s, 5m, 6h or 3d; got '%s'" % duration,

  // The largest unit that divides it, as people write it.
  text(seconds)::
    local whole = std.filter(function(unit) seconds % units[unit] == 0, ['d', 'h', 'm', 's']);
    '%d%s' % [seconds / units[whole[0]], whole[0]],
}
