import type { Labels } from '@sightline/telemetry/metrics.ts';
import type { Context, Middleware } from 'koa';
import type { RequestState } from './context.ts';

/** The client went away before the whole answer was sent (nginx's code; never on the wire). */
export const clientClosedRequest = 499;

/** A request that is over. */
export interface RequestRecord {
  readonly ctx: Context;
  readonly state: RequestState;
  /** Status of the answer, or 499. */
  readonly status: number;
  /** From the header of the request to the last byte of the answer, in milliseconds. */
  readonly durationMs: number;
}

export type Recorder = (record: RequestRecord) => void;

type Method = Labels<'http_requests_total'>['method'];
const knownMethods: ReadonlySet<string> = new Set<Method>([
  ...(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'] as const),
]);

/** A method as a label: clients can send any word. */
export const methodLabel = (method: string): Method =>
  knownMethods.has(method) ? (method as Method) : 'other';

/**
 * Tells the recorders about each request, once, when its answer is out or its client gone. One that throws keeps
 * neither the others from their records nor the process from running: nothing above catches here.
 */
export function recordRequests(recorders: readonly Recorder[]): Middleware<RequestState> {
  return (ctx, next) => {
    const startedAt = performance.now();
    ctx.res.once('close', () => {
      const status = ctx.res.writableFinished ? ctx.status : clientClosedRequest;
      const record = { ctx, state: ctx.state, status, durationMs: performance.now() - startedAt };
      for (const recorder of recorders) {
        try {
          recorder(record);
        } catch (error) {
          ctx.state.log.escaped('recorder', error);
        }
      }
    });
    return next();
  };
}
