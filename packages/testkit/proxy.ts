import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '@sightline/servers/free-port.ts';

/** A TCP connection to somewhere that a test can cut and mend. */
export interface TcpProxy {
  readonly port: number;
  /** How many of its connections are open, both ends counted. */
  open(): number;
  /** Cuts all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Takes connections again, at the same port. */
  mend(): Promise<void>;
  /** Keeps connections, and takes new ones, but passes nothing on: what a paused or vanished server looks like. */
  hang(): void;
  /** Passes everything on again, what came meanwhile included. */
  resume(): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free loopback port. */
export async function startProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let hanging = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    if (hanging) socket.pause();
  };
  const server = createServer({ pauseOnConnect: true }, (client) => {
    const upstream = connect(target);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (data) => to.write(data));
      from.on('end', () => to.end());
      from.on('close', () => to.destroy());
    }
    keep(client);
    keep(upstream);
    if (!hanging) client.resume();
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  // It stays this proxy's while it is cut.
  const port = await freePort();
  await listen(port);
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    port,
    open: () => sockets.size,
    cut,
    mend: () => listen(port),
    hang() {
      hanging = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      hanging = false;
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      if (server.listening) await cut();
    },
  };
}
