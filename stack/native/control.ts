import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';

/** What the supervisor can be asked for. `components` are names; none means nothing but for `shutdown`: all. */
export interface Request {
  operation: 'shutdown' | 'start' | 'stop' | 'restart';
  components: string[];
}

/**
 * Listens on a unix socket that only this user may use: a line of JSON in, a line of JSON out. An answer means that
 * the work has begun; its progress is in the state file. An error thrown by `handle` is answered to the asker.
 */
export async function listenForRequests(path: string, handle: (request: Request) => void): Promise<Server> {
  // Only a supervisor that was killed leaves one behind.
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    createInterface(socket).on('line', (line) => {
      try {
        handle(JSON.parse(line) as Request);
        socket.end('{}\n');
      } catch (error) {
        socket.end(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
      }
    });
  });
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return server;
}

/** Asks the supervisor behind this socket. Throws its error, or the connection's when nobody listens. */
export async function ask(path: string, request: Request): Promise<void> {
  const socket = connect(path);
  socket.setTimeout(10_000, () =>
    socket.destroy(new Error(`The supervisor at ${path} did not answer within 10 s.`)),
  );
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    createInterface(socket).once('line', resolve).on('error', reject);
    socket.once('close', () => reject(new Error('The supervisor ended before it answered.')));
    socket.write(`${JSON.stringify(request)}\n`);
  }).finally(() => socket.destroy());
  const { error } = JSON.parse(answer) as { error?: string };
  if (error !== undefined) throw new Error(error);
}
