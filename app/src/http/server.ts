import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import type { Logger } from 'pino';
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

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
}

/**
 * Listens.
 * @param port 0 takes a free one
 * @throws the system's error, with its `code`, when the address can't be had (EADDRINUSE, EACCES)
 */
export async function listen(
  app: Koa,
  { host, port, log }: { host: string; port: number; log: Logger },
): Promise<RunningServer> {
  let draining = false;
  const handle = app.callback();
  const server = createServer((request, response) => {
    if (draining) response.setHeader('Connection', 'close');
    handle(request, response);
  });
  answerClientErrors(server, log);
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
