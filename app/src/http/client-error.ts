import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Log } from '../telemetry/log.ts';
import { type Connection, connectionOf } from './connection.ts';
import { Problem, type ProblemType, problemTypes } from './problem.ts';
import { failBody } from './request-body.ts';

/** The connection ends with the answer: what comes after an error can't be told from the rest of it. */
const ending = (type: ProblemType, detail: string) =>
  new Problem(type, detail, { headers: { Connection: 'close' } });

const problems = (headerLimit: number): Readonly<Record<string, Problem>> => ({
  HPE_HEADER_OVERFLOW: ending(
    'header-too-large',
    `Line and header of a request may be ${headerLimit} bytes long together.`,
  ),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ending('body-too-large', 'The extension of a chunk is too long.'),
  ERR_HTTP_REQUEST_TIMEOUT: ending('request-timeout', 'The request took too long to arrive.'),
});
const malformed = ending('malformed-request', 'This is not a valid HTTP/1.1 request.');
const tooMany = ending('too-many-connections', 'This instance has as many connections as it takes.');

/** The parser's, as against those of the socket, after which nobody is there to be answered. */
const isAboutBytes = (code = '') => code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';

interface Options {
  /** Bytes that line and header of a request may have. */
  readonly headerLimit: number;
  readonly log: Log;
  /** Called with the status of the answer to what never was a request. */
  readonly refused: (status: number) => void;
}

/** Answers what never becomes a request, and so meets no middleware, with problem documents as well. */
export interface ClientErrors {
  /** Bytes that are no request, or not the rest of one. */
  readonly answer: (error: NodeJS.ErrnoException, socket: Duplex) => void;
  /** A connection that is one too many. */
  readonly refuseConnection: (socket: Duplex) => void;
}

export function clientErrors({ headerLimit, log, refused }: Options): ClientErrors {
  const byCode = problems(headerLimit);

  function refuse(connection: Connection, problem: Problem, code: string | undefined): void {
    const { status, title } = problemTypes[problem.type];
    const requestId = randomUUID();
    // The error's rawPacket holds what was sent, tokens included: only its code is logged.
    log.write('request-malformed', {
      'http.request.id': requestId,
      'transaction.id': requestId,
      'http.response.status_code': status,
      'error.code': code,
    });
    refused(status);
    const body = JSON.stringify(problem.toDocument('', requestId));
    connection.end(
      `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nX-Request-Id: ${requestId}\r\n` +
        `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  return {
    answer({ code }, socket) {
      const connection = connectionOf(socket);
      // The parser goes on to refuse whatever still comes.
      if (connection.isOver) return;
      if (!isAboutBytes(code)) {
        socket.destroy();
        return;
      }
      connection.isOver = true;
      // What follows the last request of a connection is nothing to anybody (RFC 9112, section 9.6).
      if (code === 'HPE_CLOSED_CONNECTION') return;
      const problem = byCode[code ?? ''] ?? malformed;
      const { last, pending } = connection;
      if (last === undefined || last.req.complete) {
        connection.whenAnswered(() => refuse(connection, problem, code));
        return;
      }
      // It is the body of the last request that is wrong. The client hung up in the middle of it, or the request
      // gets the answer: this one if it reads its body, else that to what it has done already.
      if (code === 'HPE_INVALID_EOF_STATE') {
        if (pending === undefined || pending.socket) socket.destroy();
        else pending.once('socket', () => socket.destroy());
        return;
      }
      connection.whenAnswered(() => connection.end());
      failBody(last.req, problem);
    },
    refuseConnection(socket) {
      refuse(connectionOf(socket), tooMany, 'ERR_TOO_MANY_CONNECTIONS');
    },
  };
}
