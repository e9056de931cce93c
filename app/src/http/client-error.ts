import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../telemetry/log.ts';
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

const statuses = new WeakMap<ServerResponse, number>();

/** The status that a request was answered with on its socket, past the middleware that was waiting for its body. */
export const answeredOutside = (response: ServerResponse): number | undefined => statuses.get(response);

interface Options {
  /** Bytes that line and header of a request may have. */
  readonly headerLimit: number;
  readonly log: Log;
  /** Called with the status when what came never was a request. */
  readonly refused: (status: number) => void;
}

/**
 * Answers bytes that are no request, or not the rest of one, with a problem document as well. They meet no
 * middleware; a request whose body goes wrong has met some, and is recorded there with the status sent here.
 */
export function answerClientErrors(server: Server, { headerLimit, log, refused }: Options): void {
  const byCode = problems(headerLimit);
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', (request, response) => answering.set(request.socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = answering.get(socket);
    const begun = response && !response.writableFinished ? response : undefined;
    // The last one: the client hung up in the middle of its body.
    const gone = error.code === 'ECONNRESET' || (begun && error.code === 'HPE_INVALID_EOF_STATE');
    if (gone || !socket.writable) {
      socket.destroy();
      return;
    }
    const problem = byCode[error.code ?? ''] ?? malformed;
    const { status, title } = problemTypes[problem.type];
    const requestId = String(begun?.getHeader('X-Request-Id') ?? randomUUID());
    // The error's rawPacket holds what was sent, tokens included: only its code is logged.
    log.write('request-malformed', {
      'http.request.id': requestId,
      'http.response.status_code': status,
      'error.code': error.code,
    });
    if (begun) statuses.set(begun, status);
    else refused(status);
    const body = JSON.stringify(problem.toDocument('', requestId));
    socket.end(
      `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nX-Request-Id: ${requestId}\r\n` +
        `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
