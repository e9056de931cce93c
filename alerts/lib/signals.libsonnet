// The signal contract, with a name in each metric: a metric that is renamed there breaks the build here.
local contract = import '../generated/signals.libsonnet';

contract {
  foreignMetrics: std.mapWithKey(function(name, metric) metric { name: name }, super.foreignMetrics),
}
