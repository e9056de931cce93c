import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@sightline/servers/free-port.ts';
import { eventually } from './eventually.ts';

/** A program of the tests that listens on a port of its own. */
export interface RunningProgram {
  url: string;
  folder: string;
  /** stdout and stderr so far. */
  output: () => string;
  stop: () => Promise<void>;
}

/** Starts a program that gets its port from `args` and waits until `ready` answers 2xx. The folder goes when it ends. */
export async function start(
  folder: string,
  ready: string,
  args: (port: number) => readonly string[],
  environment: (port: number) => Record<string, string> = () => ({}),
): Promise<RunningProgram> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'tied.ts'), folder, ...args(port)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment(port) },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = once(child, 'exit');
  const stop = async () => {
    child.stdin.end();
    if (child.exitCode === null) await ended;
  };
  try {
    await eventually(async () => {
      if (child.exitCode !== null) return true;
      return (await fetch(`${url}${ready}`)).ok;
    });
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${output}`);
  } catch (error) {
    await stop();
    throw new Error(`${args(port)[0]} did not become ready:\n${output}`, { cause: error });
  }
  return { url, folder, output: () => output, stop };
}

export interface ReceivedRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A server that keeps what it is sent; `answer` says what it answers to a path. */
export async function startReceiver(
  answer: (path: string) => { body: string; type: string } = () => ({ body: '{}', type: 'application/json' }),
) {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const path = request.url ?? '';
    requests.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
    const { body, type } = answer(path);
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: requests as readonly ReceivedRequest[],
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
