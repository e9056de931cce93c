/** Runs what workflows call, with stand-ins for the programs of GitHub, AWS and Docker that can't be had here. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { bareEnvironment } from '@sightline/testkit/process.ts';

/** A folder that is removed at the end of the block. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'sightline-workflows-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }) };
}

export interface Finished {
  readonly code: number | null;
  /** stdout and stderr. */
  readonly output: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A script of the checkout, by its path from the root, with just the given environment, to its end. */
export async function run(
  file: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Finished> {
  const path = join(checkout, file);
  const command = file.endsWith('.sh') ? 'sh' : process.execPath;
  const child = spawn(command, [path, ...args], {
    cwd: options.cwd ?? checkout,
    env: { ...bareEnvironment, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  process.off('exit', killWithTests);
  return { code, output };
}

/**
 * Programs in the place of others: each notes its arguments, a line a call, and does what its text of sh says.
 * @returns the PATH that begins with them, and the calls so far
 */
export function standIns(folder: string, programs: Readonly<Record<string, string>>) {
  const bin = join(folder, 'bin');
  const notes = join(folder, 'calls');
  mkdirSync(bin);
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${notes}'\n${text}\n`, { mode: 0o755 });
  return {
    path: `${bin}:${process.env['PATH']}`,
    calls: (): readonly string[] => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []),
  };
}

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server of this machine that answers by a function: text, or anything else as JSON. It stops at the end of the block. */
export async function answering(
  answer: (asked: Asked) => {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
  },
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const body = Buffer.concat(chunks).toString();
    const answered = answer({ method, url: new URL(url, 'http://localhost'), headers, body });
    response.writeHead(answered.status ?? 200, answered.headers);
    response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A repository of Git, real and of the test's own, with one that it is pushed to beside it. */
export function repository(folder: string) {
  const path = join(folder, 'work');
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@sightline.example', ...args], {
      cwd: path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  mkdirSync(path);
  git('init', '--quiet', '--initial-branch=main');
  execFileSync('git', ['init', '--quiet', '--bare', join(folder, 'origin.git')]);
  git('remote', 'add', 'origin', join(folder, 'origin.git'));
  return {
    path,
    git,
    commit(subject: string, ...files: readonly string[]) {
      for (const file of files) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), subject);
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', subject);
    },
    push: () => git('push', '--quiet', 'origin', 'main'),
  };
}
