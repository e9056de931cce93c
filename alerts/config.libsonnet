// Every knob. Override with `mixin { _config+:: { … } }`; a wrong value stops the build with a sentence.
local signals = import 'lib/signals.libsonnet';

{
  _config+:: {
    // What is deployed: alerts of other parts are left out. `prometheus` is for those who have no mixin of Prometheus's
    // own, `kubernetes` needs kube-state-metrics, `node` node_exporter.
    knownParts:: ['core', 'prometheus', 'blackbox', 'node', 'logs', 'elasticsearch', 'backup', 'kubernetes'],
    parts: self.knownParts,

    // Which series are ours. Backups may be in several places, under jobs of their own.
    selectors: {
      api: 'job="%s"' % signals.serviceName,
      shipper: 'job="log-shipper"',
      prometheus: 'job="prometheus"',
      alertmanager: 'job="alertmanager"',
      blackbox: 'job="blackbox"',
      node: 'job="node"',
      // Disks that hold data; the others are memory, or read-only and always full.
      disks: 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*|nsfs"',
      elasticsearch: 'job="elasticsearch"',
      backup: '',
      kubernetes: 'job="kube-state-metrics"',
      namespace: 'namespace="%s"' % signals.serviceName,
    },
    // Jobs whose targets have to answer, and those that Prometheus must know a target of.
    jobs: [signals.serviceName, 'prometheus', 'alertmanager', 'alert-webhook', 'log-shipper', 'node', 'postgres', 'backup', 'elasticsearch', 'blackbox', 'kube-state-metrics'],
    requiredJobs: [signals.serviceName],

    // Labels that tell one service from another: each combination has SLOs and budgets of its own. With several
    // environments in one Prometheus: ['namespace', 'job'].
    serviceLabels: ['job'],

    runbookBaseUrl: 'http://127.0.0.1:3001/runbooks',
    dashboardBaseUrl: 'http://127.0.0.1:3001',

    // The SLOs are the contract's; a place may want other objectives: slos+: { availability+: { objective: 0.995 } }.
    slos: signals.slos,
    // A budget of 30 days is gone in 2 days at 14.4, in 5 at 6, in 10 at 3, in 30 at 1. The long window says that it is
    // serious, the short one that it still goes on.
    burnRates: [
      { severity: 'page', long: '1h', short: '5m', factor: 14.4 },
      { severity: 'page', long: '6h', short: '30m', factor: 6 },
      { severity: 'ticket', long: '1d', short: '2h', factor: 3 },
      { severity: 'ticket', long: '3d', short: '6h', factor: 1 },
    ],
    // Events are counted over this window; those of windows longer than the second are sums of such counts, since a
    // rate over days of every series takes Prometheus seconds.
    shortestWindow: '5m',
    longestRawWindow: '6h',
    // Of the recording rules; the sums of counts rely on it.
    evaluationInterval: '30s',

    // `null`, or the windows of a drill: lib/drill-windows.libsonnet.
    drillWindows: null,

    // What alerts wait for and compare with. `lasting` is how long the condition has to hold.
    alerts: {
      // increase() extrapolates: two scrapes after a start four failures look like six. A minute later they are four.
      SLOErrorBudgetBurn: { lasting: '1m' },
      // Longer than a restart with its drain takes.
      TargetDown: { lasting: '3m' },
      TargetMissing: { lasting: '10m' },
      // The service looks every 5 s, so a minute is a dozen looks; a failover of the database takes as long.
      DatabaseUnreachable: { lasting: '1m' },
      // 0.1 s is the threshold of the latency SLO: a request that waits as long for a connection has missed it.
      StatementsQueueing: { lasting: '10m', quantile: 0.95, seconds: 0.1, window: '5m' },
      // A statement that takes 0.1 s alone uses up what the whole request may take. Fewer than 20 statements have no
      // 95th percentile, just a slowest one.
      SlowQueries: { lasting: '15m', quantile: 0.95, seconds: 0.1, window: '5m', minStatements: 20 },
      // Every request on the instance waits as long; see above for 0.1 s.
      EventLoopLag: { lasting: '10m', quantile: 0.99, seconds: 0.1, window: '5m' },
      // The last tenth is gone in minutes when memory leaks, and then the process is killed.
      MemoryNearLimit: { lasting: '10m', share: 0.9 },
      // A deployment restarts an instance once, its rollback a second time.
      RestartingRepeatedly: { restarts: 2, window: '1h' },
      // One a second is as often as one address may log in at all. Clients that respect Retry-After stay far below.
      RateLimitSurge: { lasting: '10m', perSecond: 1, window: '5m' },
      // People mistype their passwords now and then: every second attempt, at one in two seconds, is a machine.
      LogInFailureSurge: { lasting: '10m', perSecond: 0.5, share: 0.5, window: '5m' },
      // Nobody gets there who mistypes: it takes three networks and 50 wrong passwords within an hour. One in 20 seconds
      // goes on guessing.
      PasswordGuessing: { lasting: '5m', perSecond: 0.05, window: '5m' },
      // It runs every minute. The tables it keeps small grow slowly, so there is no hurry.
      MaintenanceStale: { lasting: '5m', age: '15m' },
      // A tenth lost is no longer a restart of the collector.
      TraceExportFailing: { lasting: '15m', share: 0.1, window: '5m' },
      // Any is a fault of ours, and was the end of the process before there were guards.
      CallbackFailing: { window: '15m' },
      // Any lost line is one too many; the window keeps the alert long enough to be seen.
      LogLinesLost: { window: '15m' },

      // Any failure: the rule that fails may be the one that pages.
      RuleEvaluationFailing: { lasting: '5m', window: '5m' },
      // One in a hundred is a hiccup that the next attempt mends.
      PrometheusNotSendingAlerts: { lasting: '5m', share: 0.01, window: '5m' },
      AlertmanagerNotDelivering: { lasting: '5m', share: 0.01, window: '5m' },
      ConfigurationReloadFailed: { lasting: '5m' },

      // A restart of one instance behind a load balancer fails no probe; a restart of the only one takes less.
      ProbeFailing: { lasting: '2m' },
      // cert-manager renews at a third of the lifetime (30 of 90 days, 15 of 45): at 10 it has failed for days.
      CertificateExpiring: { lasting: '1h', days: 10 },

      // Elasticsearch stops giving shards to a disk at 15 % free and makes indices read-only at 5 %.
      DiskFilling: { lasting: '15m', share: 0.1, soonShare: 0.25, soon: '1d', trend: '6h' },

      // Elasticsearch restarts within a minute or two; the shipper catches up by itself.
      LogPipelineStalled: { lasting: '2m', age: '5m' },
      // Someone who looks for an error just reported waits as long for its line.
      LogPipelineLagging: { lasting: '10m', age: '1m' },
      // Any line that Elasticsearch won't take: the mapping and the contract disagree.
      LogDeadLetters: { window: '15m' },
      // Longer than a restart.
      ElasticsearchDown: { lasting: '3m' },

      // No more than an hour may be lost; there is a backup every half hour, so one may fail.
      BackupStale: { lasting: '5m', age: '1h' },
      BackupMissing: { lasting: '1h' },
      // It doesn't mend itself, and while the clock is wrong no backup counts.
      BackupDatedAhead: {},
      // Somebody wrote there who has no key, or a key is wrong and nothing counts: nobody else mends it.
      BackupRefused: {},
      // A drill a week, and a day for one that was put off.
      RestoreDrillStale: { lasting: '5m', age: '8d' },
      RestoreDrillMissing: { lasting: '8d' },
      // A backup that can't be restored is none: no time to lose.
      RestoreDrillFailed: {},

      // A rolling update replaces a replica in a minute or two.
      DeploymentReplicasUnavailable: { lasting: '10m' },
      // A Job is failed after all its retries: there is nothing to wait for.
      JobFailed: {},
    },
  },
}
