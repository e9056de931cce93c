import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from '@opentelemetry/api';

/** The facts of the request in hand, for use wherever the work on it is done. */
export interface RequestContext {
  /** 32 hexadecimal digits; in each log line, the span and the answer. */
  readonly traceId: string;
  /** 16 hexadecimal digits; of the request's own span, whether that is recorded or not. */
  readonly spanId: string;
  /** Whether the trace is recorded; then there is a span. */
  readonly sampled: boolean;
  readonly span: Span | undefined;
  /** Milliseconds that its statements took so far, from sent to answered, added up. */
  databaseMs: number;
  /** Milliseconds that it waited for connections so far. */
  queueMs: number;
  /** Statements answered so far, BEGIN and COMMIT included. */
  statements: number;
}

const current = new AsyncLocalStorage<RequestContext>();

/** Runs the work on a request, during which `currentRequest` gives it. */
export function inRequest<Result>(request: RequestContext, work: () => Result): Result {
  return current.run(request, work);
}

/** The request that is worked on, or `undefined` outside of one, as in background work. */
export function currentRequest(): RequestContext | undefined {
  return current.getStore();
}
