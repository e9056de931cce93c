import type { Middleware } from 'koa';
import type { RequestState } from './context.ts';
import { Problem } from './problem.ts';
import { sentInput } from './sent-input.ts';

/**
 * Answers 503 when what runs below isn't done in time. It is 503 and not 504, since there is no gateway here, and
 * without `Retry-After`: the work goes on until the database ends it, so a write may have happened all the same.
 * @param milliseconds from here on, the time the body took to arrive not included
 */
export function answerWithin(milliseconds: number): Middleware<RequestState> {
  const tooLate = () =>
    new Problem(
      'answer-timeout',
      'The request took too long. What it was to change may have been changed: look before you repeat it.',
    );
  return (ctx, next) =>
    new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(tooLate());
      }, milliseconds);
      next().then(
        (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        (error: unknown) => {
          clearTimeout(timer);
          if (!isLate) return reject(error);
          const { log, route } = ctx.state;
          try {
            log.writeError('request-failed-late', error, { 'labels.route': route }, sentInput(ctx));
          } catch (failure) {
            log.escaped('late_work', failure);
          }
        },
      );
    });
}

/**
 * Keeps a connection on which nothing moves while what runs below works, longer than STALL_TIMEOUT_MS allows: that
 * is meant for work within the usual time limit. It holds again when the answer is sent.
 * @param milliseconds that the work may take
 */
export function keepConnection(milliseconds: number): Middleware<RequestState> {
  return async (ctx, next) => {
    const { socket } = ctx.req;
    const usual = socket.timeout ?? 0;
    socket.setTimeout(usual + milliseconds);
    try {
      await next();
    } finally {
      socket.setTimeout(usual);
    }
  };
}
