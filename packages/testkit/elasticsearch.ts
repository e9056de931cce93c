import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoElasticsearch } from '@sightline/servers/elasticsearch/distribution.ts';
import {
  elasticsearchLaunch,
  elasticsearchUrl,
  prepareElasticsearch,
} from '@sightline/servers/elasticsearch/server.ts';
import { freePort } from '@sightline/servers/free-port.ts';
import { killIfThere } from '@sightline/servers/process-identity.ts';
import { eventually } from './eventually.ts';

/** Why tests that need Elasticsearch can't run; to be part of a skipped test's name. */
export const missingElasticsearch = whyNoElasticsearch();

/** Milliseconds that a fetch and a start may take on a busy machine; for jest's time limit too. */
export const elasticsearchStartMs = 240_000;

/** A real Elasticsearch of a test's own. */
export interface TestElasticsearch {
  readonly url: string;
  /** Its output so far. */
  output(): string;
  /** Stops it without a word: connections stay open and, once the promise resolves, nothing answers. */
  pause(): Promise<void>;
  resume(): void;
  /** Kills it; the data stays. */
  kill(): Promise<void>;
  /** Starts it again at the same port, with its data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts an empty Elasticsearch on loopback, ready for requests. It dies with the tests.
 * Throws what it printed when it doesn't start.
 */
export async function startElasticsearch(): Promise<TestElasticsearch> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-elasticsearch-'));
  // The user that it runs as has to enter.
  chmodSync(folder, 0o755);
  const server = { directory: join(folder, 'elasticsearch'), port: await freePort(), throwaway: true };
  mkdirSync(server.directory);
  const url = elasticsearchUrl(server);
  let child: ChildProcess | undefined;
  let group: number | undefined;
  let output = '';
  const send = (signal: NodeJS.Signals) => {
    if (child !== undefined && group !== undefined) killIfThere(-group, signal);
  };

  async function kill(): Promise<void> {
    if (child === undefined) return;
    const ended = child.exitCode === null ? once(child, 'close') : undefined;
    send('SIGKILL');
    await ended;
    child = undefined;
  }
  async function start(): Promise<void> {
    output = '';
    group = undefined;
    child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'tied-group.ts'), folder, JSON.stringify(elasticsearchLaunch(server))],
      { detached: true, stdio: ['pipe', 'pipe', 'pipe', 'ipc'] },
    );
    child.once('message', (told) => {
      group = (told as { group: number }).group;
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    const starting = child;
    await eventually(async () => {
      if (starting.exitCode !== null) return true;
      return (await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`)).ok;
    }, elasticsearchStartMs);
    if (starting.exitCode !== null)
      throw new Error(`Elasticsearch ended with ${starting.exitCode}:\n${output}`);
  }
  /** The kernel stops its threads by way of the first one, which has to get a core; until then the others answer. */
  async function pause(): Promise<void> {
    send('SIGSTOP');
    await eventually(() =>
      fetch(`${url}/`, { signal: AbortSignal.timeout(1000) }).then(
        () => false,
        (error: Error) => error.name === 'TimeoutError',
      ),
    );
  }
  async function stop(): Promise<void> {
    await kill();
    // What else ends with the tests, tied-group.ts removes.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }

  try {
    await prepareElasticsearch(server, { say: (line) => process.stderr.write(`${line}\n`) });
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    output: () => output,
    pause,
    resume: () => send('SIGCONT'),
    kill,
    start,
    stop,
  };
}

/** Puts lines into a data stream as the shipper does, each under its `event.id`; they are found at once. */
export async function indexLines(
  url: string,
  dataStream: string,
  lines: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const operations = lines.flatMap((line) => [
    { create: { _index: dataStream, _id: line['event.id'] } },
    line,
  ]);
  const answer = await fetch(`${url}/_bulk?refresh=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: operations.map((operation) => `${JSON.stringify(operation)}\n`).join(''),
  });
  const text = await answer.text();
  if (JSON.parse(text).errors !== false) throw new Error(`Elasticsearch refused lines: ${text}`);
}
