import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../../../app/test/support/eventually.ts';
import { tool, whyMissing } from '../../../tools/tools.ts';

const monitoring = resolve(import.meta.dirname, '../..');

/** Why the tests that run Prometheus and Alertmanager can't; to be part of a skipped test's name. */
export const missingTools = whyMissing('promtool') ?? whyMissing('amtool');

export const newFolder = () => mkdtempSync(join(tmpdir(), 'sightline-monitoring-test-'));

/** A program of the tests that listens on a port of its own. */
export interface RunningProgram {
  url: string;
  folder: string;
  /** stdout and stderr so far. */
  output: () => string;
  stop: () => Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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
  const child = spawn(process.execPath, [resolve(import.meta.dirname, 'tied.ts'), folder, ...args(port)], {
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
    }, 20_000);
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${output}`);
  } catch (error) {
    await stop();
    throw new Error(`${args(port)[0]} did not become ready:\n${output}`, { cause: error });
  }
  return { url, folder, output: () => output, stop };
}

/** A real Alertmanager with this configuration and the templates of the repository. */
export async function startAlertmanager(configuration: object): Promise<RunningProgram> {
  const program = await tool('alertmanager');
  const folder = newFolder();
  cpSync(join(monitoring, 'alertmanager/templates'), join(folder, 'templates'), { recursive: true });
  writeFileSync(join(folder, 'alertmanager.yaml'), JSON.stringify(configuration));
  return start(folder, '/-/ready', (port) => [
    program,
    `--config.file=${join(folder, 'alertmanager.yaml')}`,
    `--storage.path=${join(folder, 'storage')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
}

/** A real Prometheus on the version-controlled native configuration, with these files of targets. */
export async function startPrometheus(
  flags: readonly string[],
  targets: Readonly<Record<string, object>>,
): Promise<RunningProgram> {
  const program = await tool('prometheus');
  const folder = newFolder();
  cpSync(join(monitoring, 'prometheus/generated/native.yaml'), join(folder, 'prometheus.yaml'));
  mkdirSync(join(folder, 'targets'));
  for (const [job, target] of Object.entries(targets)) writeTargets(folder, job, target);
  return start(folder, '/-/ready', (port) => [
    program,
    ...flags,
    `--config.file=${join(folder, 'prometheus.yaml')}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
}

export function writeTargets(folder: string, job: string, target: object): void {
  writeFileSync(join(folder, 'targets', `${job}.json`), JSON.stringify([target]));
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
