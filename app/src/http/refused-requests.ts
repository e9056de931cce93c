import type { IncomingMessage } from 'node:http';
import type { Problem } from './problem.ts';

const problems = new WeakMap<IncomingMessage, Problem>();

/**
 * Decides on the answer to a request before it meets the middleware, which gives that answer when it comes to it: so
 * it is counted, logged and worded as any other.
 */
export function refuseRequest(request: IncomingMessage, problem: Problem): void {
  problems.set(request, problem);
}

/** The answer that was decided on; for nearly every request there is none. */
export const refusalOf = (request: IncomingMessage): Problem | undefined => problems.get(request);
