import type { Context, Middleware } from 'koa';
import { databaseUnavailable } from '../database/errors.ts';
import type { RequestState } from './context.ts';
import { Problem, type ProblemType } from './problem.ts';
import { sentInput } from './sent-input.ts';

/** Seconds after which a client may try again when the database is away; it usually returns within a few. */
const retryAfterSeconds = '5';

/** Errors of the libraries below us carry an HTTP status (http-errors); these are the ones a client can cause. */
const typeByStatus: Readonly<Record<number, ProblemType>> = {
  400: 'malformed-request',
  404: 'not-found',
  408: 'request-timeout',
  413: 'body-too-large',
  415: 'unsupported-media-type',
};

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (databaseUnavailable(error)) {
    return new Problem('service-unavailable', 'The database does not answer. Try again in a few seconds.', {
      headers: { 'Retry-After': retryAfterSeconds },
      cause: error,
    });
  }
  const { status, expose, message } = (error ?? {}) as {
    status?: number;
    expose?: boolean;
    message?: string;
  };
  const type = status === undefined ? undefined : typeByStatus[status];
  if (type && expose) return new Problem(type, message ?? 'The request is wrong.');
  return new Problem('internal-error', 'The error is logged under this request id.', { cause: error });
}

/** Writes a problem as the whole answer. */
export function answerProblem(ctx: Context, problem: Problem): void {
  const { requestId } = ctx.state as RequestState;
  ctx.status = problem.status;
  ctx.set(problem.headers as Record<string, string>);
  ctx.body = JSON.stringify(problem.toDocument(ctx.path, requestId));
  ctx.type = 'application/problem+json';
}

/** Turns whatever is thrown below into a problem document, and logs what is our fault with its cause. */
export function errors(): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = toProblem(error);
      if (problem.limiter) ctx.state.limitedBy = problem.limiter;
      if (problem.status >= 500) {
        const { log, route } = ctx.state;
        log.writeError('request-failed', problem.cause ?? problem, { 'labels.route': route }, sentInput(ctx));
      }
      answerProblem(ctx, problem);
    }
  };
}
