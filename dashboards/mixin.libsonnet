// The mixin: `grafanaDashboards`, by file name, and `_config` to override, in kubernetes-mixin's shape.
(import 'config.libsonnet')
+ { _config+:: import 'lib/checks.libsonnet' }
+ (import 'golden-signals.libsonnet')
+ (import 'slo.libsonnet')
+ (import 'api.libsonnet')
+ (import 'nodejs.libsonnet')
+ (import 'postgresql.libsonnet')
+ (import 'log-pipeline.libsonnet')
+ (import 'alerts.libsonnet')
+ (import 'load-test.libsonnet')
