import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attributes,
  createTraceState,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Config } from '../config.ts';
import { guarded } from './guarded.ts';
import type { Log } from './log.ts';
import { newSpanId } from './random-ids.ts';
import { service } from './service.ts';
import { spanTime } from './span-clock.ts';
import { createSpanPipeline, type SpanHooks } from './span-pipeline.ts';
import type { RemoteTrace } from './trace-context.ts';

export type TracingConfig = Pick<
  Config,
  | 'OTEL_EXPORTER_OTLP_ENDPOINT'
  | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
  | 'OTEL_EXPORTER_OTLP_HEADERS'
  | 'OTEL_EXPORTER_OTLP_TIMEOUT'
  | 'OTEL_BSP_SCHEDULE_DELAY'
  | 'OTEL_BSP_MAX_QUEUE_SIZE'
  | 'OTEL_TRACES_SAMPLER_ARG'
  | 'OTEL_RESOURCE_ATTRIBUTES'
>;

/** How the span of a request begins. */
export interface RequestSpan {
  readonly name: string;
  readonly traceId: string;
  /** The caller's span, where the request continues its trace. */
  readonly parent: RemoteTrace | undefined;
  /** The caller's span, where the request began a trace of its own. */
  readonly link: RemoteTrace | undefined;
  readonly attributes: Attributes;
}

/** Makes spans and sends them off, made only when there is somewhere to send them. End a span at `spanTime()`. */
export interface Tracing {
  /**
   * Whether to record a trace: as the caller decided, or, of one that begins here, by its id. Ask before anything
   * of a span is made.
   */
  samples(traceId: string, parent: RemoteTrace | undefined): boolean;
  startRequest(request: RequestSpan): Span;
  /** Starts a span for something that is asked of another service on behalf of the parent's. */
  startCall(name: string, parent: Span, attributes: Attributes): Span;
  /** Sends what is left, as far as that takes no longer than OTEL_EXPORTER_OTLP_TIMEOUT. */
  shutdown(): Promise<void>;
}

/** Longest text in an attribute, in characters: a path can be as long as a header may be. */
const longestText = 256;

function endpointOf(config: TracingConfig): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = config;
  return own ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
}

const resourceOf = ({ OTEL_RESOURCE_ATTRIBUTES: given }: TracingConfig) =>
  resourceFromAttributes({
    ...given,
    'service.name': service.name,
    'service.version': service.version,
    'service.instance.id': service.instanceId,
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
  });

const contextOf = ({ traceId, spanId, sampled, state }: RemoteTrace): SpanContext => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
  ...(state !== undefined && { traceState: createTraceState(state) }),
});

const linkTo = (remote: RemoteTrace): Link => ({ context: contextOf(remote) });

/**
 * Tracing by the OpenTelemetry SDK, exported by OTLP over HTTP.
 * @returns `undefined` when no endpoint is configured: then there is nothing to make spans for
 */
export function createTracing(config: TracingConfig, log: Log, hooks: SpanHooks = {}): Tracing | undefined {
  const url = endpointOf(config);
  if (url === undefined) return undefined;
  const timeoutMs = config.OTEL_EXPORTER_OTLP_TIMEOUT;
  const agent = new (url.startsWith('https:') ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const pipeline = createSpanPipeline(
    new OTLPTraceExporter({
      url,
      headers: { ...config.OTEL_EXPORTER_OTLP_HEADERS },
      timeoutMillis: timeoutMs,
      httpAgentOptions: () => agent,
    }),
    {
      limit: config.OTEL_BSP_MAX_QUEUE_SIZE,
      delayMs: config.OTEL_BSP_SCHEDULE_DELAY,
      timeoutMs,
      // Called by timers, and in the middle of requests that go on without them.
      hooks: {
        spanStarted: guarded(log, 'span', () => hooks.spanStarted?.()),
        exported: guarded(log, 'span', (...batch) => hooks.exported?.(...batch)),
        dropped: guarded(log, 'span', (spans) => hooks.dropped?.(spans)),
      },
      news: guarded(log, 'span', (error) =>
        error ? log.writeError('trace-export-failed', error) : log.write('trace-export-recovered'),
      ),
    },
  );
  /**
   * Id of the trace that the next request begins: drawn before, since it decides whether there is a span at
   * all.
   */
  let begun = '';
  const provider = new TracerProvider({
    resource: resourceOf(config),
    // Whatever isn't to be recorded doesn't come here.
    sampler: new AlwaysOnSampler(),
    idGenerator: { generateTraceId: () => begun, generateSpanId: newSpanId },
    spanLimits: { attributeValueLengthLimit: longestText },
    spanProcessors: [pipeline],
  });
  const tracer = provider.getTracer(service.name, service.version);
  const ratio = new TraceIdRatioBasedSampler(config.OTEL_TRACES_SAMPLER_ARG);

  return {
    samples: (traceId, parent) =>
      parent?.sampled ??
      ratio.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED,
    startRequest({ name, traceId, parent, link, attributes }) {
      begun = traceId;
      return tracer.startSpan(
        name,
        { kind: SpanKind.SERVER, startTime: spanTime(), attributes, links: link ? [linkTo(link)] : [] },
        parent ? trace.setSpanContext(ROOT_CONTEXT, contextOf(parent)) : ROOT_CONTEXT,
      );
    },
    startCall: (name, parent, attributes) =>
      tracer.startSpan(
        name,
        { kind: SpanKind.CLIENT, startTime: spanTime(), attributes },
        trace.setSpan(ROOT_CONTEXT, parent),
      ),
    async shutdown() {
      const late = new AbortController();
      // Failures are counted and logged batch by batch.
      const flushed = provider.shutdown().catch(() => {});
      await Promise.race([flushed, delay(timeoutMs, undefined, { signal: late.signal }).catch(() => {})]);
      late.abort();
      // A request that hangs would keep the process.
      agent.destroy();
    },
  };
}
