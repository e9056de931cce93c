import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { hasCode } from '@sightline/servers/atomic-file.ts';
import { firstLine } from '@sightline/telemetry/lines.ts';

/** Bytes of a request or an answer. */
const longestLine = 64 * 1024;

/** A request to the supervisor. `components` are names; none means nothing but for `shutdown`: all. */
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
    void answer(socket, handle);
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

async function answer(socket: Socket, handle: (request: Request) => void): Promise<void> {
  try {
    const line = await firstLine(socket, longestLine);
    if (line !== undefined) handle(JSON.parse(line) as Request);
    socket.end('{}\n');
  } catch (error) {
    socket.end(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
  }
}

/** It answers at once, unless the machine is busy. */
const answerSeconds = 120;

/** Asks the supervisor behind this socket. Throws its error, or the connection's when nobody listens. */
export async function ask(path: string, request: Request): Promise<void> {
  const socket = connect(path);
  socket.setTimeout(answerSeconds * 1000, () =>
    socket.destroy(new Error(`The supervisor at ${path} did not answer within ${answerSeconds} s.`)),
  );
  // What goes wrong is told by reading.
  socket.on('error', () => {});
  socket.write(`${JSON.stringify(request)}\n`);
  const line = await firstLine(socket, longestLine)
    .catch((error: unknown) => {
      if (hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE')) return undefined;
      throw error;
    })
    .finally(() => socket.destroy());
  if (line === undefined) throw new Error('The supervisor ended before it answered.');
  const { error } = JSON.parse(line) as { error?: string };
  if (error !== undefined) throw new Error(error);
}
