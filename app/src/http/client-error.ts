import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { Problem, problemTypes } from './problem.ts';

const problems = (headerLimit: number): Readonly<Record<string, Problem>> => ({
  HPE_HEADER_OVERFLOW: new Problem(
    'header-too-large',
    `Line and header of a request may be ${headerLimit} bytes long together.`,
  ),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new Problem('body-too-large', 'The extension of a chunk is too long.'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem('request-timeout', 'The request took too long to arrive.'),
});
const malformed = new Problem('malformed-request', 'This is not a valid HTTP/1.1 request.');

/**
 * Answers bytes that never became a request, and so meet no middleware, with a problem document as well.
 * @param headerLimit bytes that line and header of a request may have
 */
export function answerClientErrors(server: Server, headerLimit: number, log: Logger): void {
  const byCode = problems(headerLimit);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const problem = byCode[error.code ?? ''] ?? malformed;
    const { status, title } = problemTypes[problem.type];
    const requestId = randomUUID();
    // The error's rawPacket holds what was sent, tokens included: only its code is logged.
    log.warn({ request_id: requestId, status, code: error.code }, 'request refused before it was one');
    const body = JSON.stringify(problem.toDocument('', requestId));
    socket.end(
      `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nX-Request-Id: ${requestId}\r\n` +
        `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
