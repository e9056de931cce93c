import type { IncomingMessage, ServerResponse } from 'node:http';
import getRawBody from 'raw-body';
import { Problem } from './problem.ts';

const failures = new WeakMap<IncomingMessage, Problem>();
const expecting = new WeakSet<IncomingMessage>();

/** Tells whoever reads the body of a request, now or later, that the rest of it will never be had, and why. */
export function failBody(request: IncomingMessage, problem: Problem): void {
  failures.set(request, problem);
  if (request.listenerCount('error') > 0) request.emit('error', problem);
}

/** Its client sends the body when it is told to (`Expect: 100-continue`). */
export function bodyAwaitsContinue(request: IncomingMessage): void {
  expecting.add(request);
}

/**
 * The bytes of a body.
 * @throws Problem when it is too long, which is told before any of it is sent where that is possible, or was refused
 *   by the parser of HTTP
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
): Promise<Buffer> {
  const failure = failures.get(request);
  if (failure) throw failure;
  const length = request.headers['content-length'] ?? null;
  if (expecting.has(request) && Number(length) <= limit) response.writeContinue();
  try {
    return await getRawBody(request, { limit, length });
  } catch (error) {
    const { type: reason } = error as { type?: string };
    // The client is gone already: nobody reads this.
    if (reason === 'stream.not.readable')
      throw new Problem('malformed-request', 'The request ended before its body.');
    if (reason !== 'entity.too.large') throw error;
    throw new Problem('body-too-large', `The body may be ${limit} bytes long.`, {
      headers: { Connection: 'close' },
    });
  }
}
