import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import type { Config } from '../config.ts';
import type { Log } from '../telemetry/log.ts';
import { answerClientErrors } from './client-error.ts';

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

function createLimitedServer(limits: ConnectionLimits, handle: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: limits.HEADERS_TIMEOUT_MS,
      requestTimeout: limits.RECEIVE_TIMEOUT_MS,
      // Node looks every 30 s unless told otherwise: no shorter timeout would hold.
      connectionsCheckingInterval: Math.min(longestCheckMs, Math.ceil(limits.HEADERS_TIMEOUT_MS / 4)),
      keepAliveTimeout: limits.KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: limits.MAX_HEADER_BYTES,
      // http/header-check.ts says what is wrong.
      requireHostHeader: false,
    },
    handle,
  );
  server.timeout = limits.STALL_TIMEOUT_MS;
  server.maxRequestsPerSocket = limits.MAX_REQUESTS_PER_CONNECTION;
  // Node drops header fields over its own limit in silence, an If-Match among them; http/header-check.ts refuses.
  server.maxHeadersCount = 0;
  if (limits.MAX_CONNECTIONS !== undefined) server.maxConnections = limits.MAX_CONNECTIONS;
  return server;
}

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

/**
 * Listens.
 * @throws the system's error, with its `code`, when the address can't be had (EADDRINUSE, EACCES)
 */
export async function listen(
  app: Koa,
  { host, port, limits, log, refused }: ListenOptions,
): Promise<RunningServer> {
  let draining = false;
  const handle = app.callback();
  const server = createLimitedServer(limits, (request, response) => {
    if (draining) response.setHeader('Connection', 'close');
    handle(request, response);
  });
  answerClientErrors(server, { headerLimit: limits.MAX_HEADER_BYTES, log, refused });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
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
