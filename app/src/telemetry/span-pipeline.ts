import { ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

/** Hooks that hear about the fate of spans. */
export interface SpanHooks {
  /** A span was made; there are no others, so without calls tracing costs nothing. */
  spanStarted?(): void;
  /** A batch was sent, or given up after its retries. */
  exported?(outcome: 'success' | 'failure', spans: number): void;
  /** Finished spans that were thrown away, since too many wait already. */
  dropped?(spans: number): void;
}

interface Options {
  /** Most spans kept at a time, those on their way included. */
  readonly limit: number;
  /** Milliseconds that a span waits for others to be sent with it. */
  readonly delayMs: number;
  /** Milliseconds that the sending of a batch may take, retries included. */
  readonly timeoutMs: number;
  readonly hooks: SpanHooks;
  /** Told of the first failure, and of the first success after one. */
  readonly news: (error: Error | undefined) => void;
}

const largestBatch = 512;

/**
 * Sends finished spans in batches. OpenTelemetry's processor bounds only those that wait for their batch, and loses
 * count of what it drops; here all that are held count, so that a collector that is slow or away costs bounded
 * memory, and each span ends as exported, failed or dropped.
 */
export function createSpanPipeline(exporter: SpanExporter, options: Options): SpanProcessor {
  const { limit, delayMs, timeoutMs, hooks, news } = options;
  let held = 0;
  let failing = false;
  let stopped = false;

  const counted: SpanExporter = {
    export(spans, settled) {
      exporter.export(spans, (result) => {
        const succeeded = result.code === ExportResultCode.SUCCESS;
        held -= spans.length;
        hooks.exported?.(succeeded ? 'success' : 'failure', spans.length);
        if (succeeded === failing)
          news(succeeded ? undefined : (result.error ?? new Error('it was refused')));
        failing = !succeeded;
        settled(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor({
    exporter: counted,
    maxQueueSize: limit,
    maxExportBatchSize: Math.min(largestBatch, limit),
    scheduledDelayMillis: delayMs,
    exportTimeoutMillis: timeoutMs,
  });
  return {
    onStart: () => hooks.spanStarted?.(),
    onEnd(span: ReadableSpan) {
      if (stopped || held >= limit) {
        hooks.dropped?.(1);
        return;
      }
      held += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown() {
      stopped = true;
      return batches.shutdown();
    },
  };
}
