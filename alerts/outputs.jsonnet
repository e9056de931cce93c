// The rule files that are committed, by their path in generated/.
local mixin = import 'mixin.libsonnet';
local groupsOf(config) =
  local it = mixin { _config+:: config };
  { groups: it.prometheusRules.groups + it.prometheusAlerts.groups };

// What the native stack and compose consist of.
local stack = { parts: ['core', 'prometheus', 'blackbox', 'node', 'logs', 'elasticsearch'] };

{
  'sightline.rules.yaml': groupsOf(stack),
  // Every part, so that each alert has its drill.
  'drill/sightline.rules.yaml': groupsOf({ drillWindows: import 'lib/drill-windows.libsonnet' }),
  'prometheus-rule.yaml': {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'sightline', labels: { 'app.kubernetes.io/part-of': 'sightline' } },
    spec: groupsOf({}),
  },
}
