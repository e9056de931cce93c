import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { SpanHooks } from './span-pipeline.ts';

/** Counts what becomes of spans. */
export function spanMetrics(metrics: Metrics): Required<SpanHooks> {
  return {
    spanStarted: () => metrics.count('trace_spans_started_total', {}),
    exported: (outcome, spans) => metrics.count('trace_spans_exported_total', { outcome }, spans),
    dropped: (spans) => metrics.count('trace_spans_exported_total', { outcome: 'dropped' }, spans),
  };
}
