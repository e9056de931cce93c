/** The catcher of webhooks, which is the dead-man's switch. */
import { emptyLabels, type MetricSignal } from './signal.ts';

export const webhookMetrics = {
  watchdog_last_received_timestamp_seconds: {
    type: 'gauge',
    help: 'When Watchdog, the alert that always fires, last arrived through Prometheus and Alertmanager.',
    unit: 'unix_seconds',
    emitter: 'alert-webhook',
    labels: emptyLabels,
    initialised: 'none',
  },
} as const satisfies Record<string, MetricSignal>;
