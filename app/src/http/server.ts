import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readTarget } from '@sightline/telemetry/own-server/request-target.ts';
import type Koa from 'koa';
import type { Config } from '../config.ts';
import { guarded } from '../telemetry/guarded.ts';
import type { Log } from '../telemetry/log.ts';
import { clientErrors } from './client-error.ts';
import { connectionOf } from './connection.ts';
import { Problem } from './problem.ts';
import { refuseRequest } from './refused-requests.ts';
import { bodyAwaitsContinue } from './request-body.ts';

/** A listening HTTP server that can be closed without failing a request. */
export interface RunningServer {
  readonly port: number;
  /** From now on each answer closes its connection, so that keep-alive clients move elsewhere by themselves. */
  drain(): void;
  /**
   * Stops accepting, lets requests in flight finish, and ends.
   * @param graceMs milliseconds after which connections still busy are cut
   * @returns how many were cut
   */
  close(graceMs: number): Promise<number>;
}

/** How often idle connections are closed while the last requests finish; `server.close()` alone waits for them. */
const idleSweepMs = 50;

/** The settings that bound what one connection may take of the server. */
export type ConnectionLimits = Pick<
  Config,
  | 'HEADERS_TIMEOUT_MS'
  | 'RECEIVE_TIMEOUT_MS'
  | 'STALL_TIMEOUT_MS'
  | 'KEEP_ALIVE_TIMEOUT_MS'
  | 'MAX_REQUESTS_PER_CONNECTION'
  | 'MAX_CONNECTIONS'
  | 'MAX_HEADER_BYTES'
>;

/** Most time between two looks for requests that are late, in milliseconds. */
const longestCheckMs = 1000;

/** Connections over MAX_CONNECTIONS that are told so at a time; the system resets further ones. */
const maxRefusedAtATime = 100;

function createLimitedServer(limits: ConnectionLimits): Server {
  const server = createServer({
    headersTimeout: limits.HEADERS_TIMEOUT_MS,
    requestTimeout: limits.RECEIVE_TIMEOUT_MS,
    // Node looks every 30 s unless told otherwise: no shorter timeout would hold.
    connectionsCheckingInterval: Math.min(longestCheckMs, Math.ceil(limits.HEADERS_TIMEOUT_MS / 4)),
    keepAliveTimeout: limits.KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: limits.MAX_HEADER_BYTES,
    // http/header-check.ts says what is wrong.
    requireHostHeader: false,
    // To WebSocket or HTTP/2 (h2c) nobody is upgraded: the request is answered as if it didn't ask (RFC 9110, 7.8).
    shouldUpgradeCallback: () => false,
  });
  server.timeout = limits.STALL_TIMEOUT_MS;
  // Node drops header fields over its own limit in silence, an If-Match among them; http/header-check.ts refuses.
  server.maxHeadersCount = 0;
  if (limits.MAX_CONNECTIONS !== undefined)
    server.maxConnections = limits.MAX_CONNECTIONS + maxRefusedAtATime;
  return server;
}

type Listener = (...given: never[]) => unknown;

/** Events at which Node.js's own answer or action is right, each with the reason. */
export const leftToNode = {
  close: 'Nothing is served any more.',
  connection: 'What a connection sends is looked at request by request; MAX_CONNECTIONS adds a look at this.',
  dropRequest:
    'Comes over maxRequestsPerSocket, which is not set: MAX_REQUESTS_PER_CONNECTION is counted here.',
  listening: 'Whoever listens is told by a callback.',
  timeout: 'Nothing moved for STALL_TIMEOUT_MS: Node.js cuts the connection, and the request in it is a 499.',
  upgrade: 'No request is upgraded (shouldUpgradeCallback), so all of them come as `request`.',
} as const;

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
}

interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits: ConnectionLimits;
  readonly log: Log;
  /** Called with the status of the answer to bytes that never were a request. */
  readonly refused: (status: number) => void;
}

/** The refusal of a tunnel, whatever its target: this server is no proxy. */
const noTunnel = () =>
  new Problem('method-not-allowed', 'This service opens no tunnels.', {
    headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS', Connection: 'close' },
  });

const unknownExpectation = () =>
  new Problem('expectation-failed', 'The only expectation that this service knows is 100-continue.');

/** Serves a request that Node.js took out of its own order and gave with the bare socket. */
function answerOnSocket(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  // What the client sends into its tunnel goes nowhere.
  socket.resume();
  response.once('finish', () => socket.destroySoon());
  return response;
}

interface Door extends Pick<ListenOptions, 'limits' | 'log' | 'refused'> {
  readonly isDraining: () => boolean;
  /** Answers a request. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** All that Node.js would otherwise answer by itself, or end the process at, by event. */
export function listenersOf({ limits, log, refused, isDraining, handle }: Door) {
  const max = limits.MAX_REQUESTS_PER_CONNECTION || Number.POSITIVE_INFINITY;
  const errors = clientErrors({ headerLimit: limits.MAX_HEADER_BYTES, log, refused });
  const answer = guarded(log, 'connection', handle);

  function request(request: IncomingMessage, response: ServerResponse): void {
    const wrong = readTarget(request);
    if (wrong !== undefined) refuseRequest(request, new Problem('malformed-request', wrong));
    const connection = connectionOf(request.socket);
    if (connection.isOver) return;
    connection.take(request, response, (ordinal) => {
      // The parser of Node.js reads nothing behind a request that asks for an upgrade.
      const isLast = ordinal >= max || request.headers.upgrade !== undefined;
      if (isDraining() || isLast) response.setHeader('Connection', 'close');
      if (ordinal <= max) answer(request, response);
    });
  }

  return {
    request,
    checkContinue(waiting: IncomingMessage, response: ServerResponse) {
      bodyAwaitsContinue(waiting);
      request(waiting, response);
    },
    checkExpectation(expecting: IncomingMessage, response: ServerResponse) {
      refuseRequest(expecting, unknownExpectation());
      request(expecting, response);
    },
    connect(tunnel: IncomingMessage, socket: Duplex) {
      // Node.js has taken its own listeners away.
      socket.on('error', () => socket.destroy());
      tunnel.url = '*';
      refuseRequest(tunnel, noTunnel());
      connectionOf(socket).whenAnswered(() => answer(tunnel, answerOnSocket(tunnel, socket as Socket)));
    },
    clientError: errors.answer,
    drop: () => log.write('connection-dropped'),
    // Of accepting connections, such as when there are no descriptors left; without a listener it would be thrown.
    error: (error: Error) => log.escaped('connection', error),
    refuseConnection: errors.refuseConnection,
  };
}

/** Refuses the connections over a limit, each with an answer. */
function limitConnections(server: Server, max: number, refuse: (socket: Duplex) => void): void {
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > max) refuse(socket);
  });
}

/**
 * Listens.
 * @throws the system's error, with its `code`, when the address can't be had (EADDRINUSE, EACCES)
 */
export async function listen(
  app: Koa,
  { host, port, limits, log, refused }: ListenOptions,
): Promise<RunningServer> {
  let draining = false;
  const server = createLimitedServer(limits);
  const { refuseConnection, ...listeners } = listenersOf({
    limits,
    log,
    refused,
    isDraining: () => draining,
    handle: app.callback(),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  for (const [event, listener] of Object.entries<Listener>(listeners))
    server.on(event, guarded(log, 'connection', listener as (...given: unknown[]) => unknown));
  if (limits.MAX_CONNECTIONS !== undefined)
    limitConnections(server, limits.MAX_CONNECTIONS, guarded(log, 'connection', refuseConnection));
  const drain = () => {
    draining = true;
  };
  return {
    port: (server.address() as AddressInfo).port,
    drain,
    async close(graceMs) {
      drain();
      let cut = 0;
      const sweep = setInterval(() => server.closeIdleConnections(), idleSweepMs);
      const deadline = setTimeout(async () => {
        cut = await countConnections(server);
        server.closeAllConnections();
      }, graceMs);
      await new Promise((resolve) => server.close(resolve));
      clearInterval(sweep);
      clearTimeout(deadline);
      return cut;
    },
  };
}
