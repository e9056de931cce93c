// The rule files that are committed, by their path in generated/.
local mixin = import 'mixin.libsonnet';
local groupsOf(config) =
  local it = mixin { _config+:: config };
  { groups: it.prometheusRules.groups + it.prometheusAlerts.groups };

// What the native stack and compose consist of.
local stack = ['core', 'prometheus', 'blackbox', 'node', 'logs', 'elasticsearch'];
local drill(parts) = groupsOf({ parts: parts, drillWindows: import 'lib/drill-windows.libsonnet' });

{
  'sightline.rules.yaml': groupsOf({ parts: stack }),
  // Beside it where backups are made: a stack without them would hear that they are missing.
  'backup.rules.yaml': groupsOf({ parts: ['backup'] }),
  // Beside it in a cluster, where kube-state-metrics runs.
  'kubernetes.rules.yaml': groupsOf({ parts: ['kubernetes'] }),
  'drill/sightline.rules.yaml': drill(stack),
  'drill/backup.rules.yaml': drill(['backup']),
  'drill/kubernetes.rules.yaml': drill(['kubernetes']),
  'prometheus-rule.yaml': {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'sightline', labels: { 'app.kubernetes.io/part-of': 'sightline' } },
    spec: groupsOf({}),
  },
  // For kubernetes/components/prometheus-operator: kustomize takes no single files from elsewhere.
  'kustomization.yaml': {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'todo-api',
    resources: ['prometheus-rule.yaml'],
  },
}
