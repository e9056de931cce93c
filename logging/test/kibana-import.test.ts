/** Kibana can't be had where the tests run: a receiver that answers as its saved objects API does takes its place. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { bareEnvironment } from '@sightline/testkit/process.ts';
import { savedObjectsFile } from '../kibana/saved-objects.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** @param answers by turn; the last one again and again */
async function startReceiver(answers: readonly (readonly [status: number, body: object])[]) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const [status, body] = answers[Math.min(received.length, answers.length - 1)] ?? [500, {}];
    const { method, url, headers } = request;
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

async function runImport(environment: Record<string, string>) {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../kibana/import.ts')], {
    env: { ...bareEnvironment, ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

const taken = [200, { success: true, successCount: 7 }] as const;

test('sends the generated file to be imported over what is there', async () => {
  const kibana = await startReceiver([taken]);
  const { code, output } = await runImport({ KIBANA_URL: kibana.url });
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringContaining('has the 7 saved objects'),
  });
  expect(kibana.received).toMatchObject([
    {
      method: 'POST',
      url: '/api/saved_objects/_import?overwrite=true',
      headers: {
        'kbn-xsrf': 'sightline',
        'content-type': expect.stringMatching(/^multipart\/form-data/),
      },
    },
  ]);
  expect(kibana.received[0]?.headers).not.toHaveProperty('authorization');
  expect(kibana.received[0]?.body).toContain(savedObjectsFile());
  expect(kibana.received[0]?.body).toContain('filename="saved-objects.ndjson"');
});

test('links lead to the Grafana of GRAFANA_URL and the Jaeger of JAEGER_URL', async () => {
  const kibana = await startReceiver([taken]);
  await runImport({
    KIBANA_URL: kibana.url,
    GRAFANA_URL: 'https://grafana.example/',
    JAEGER_URL: 'https://jaeger.example',
  });
  expect(kibana.received[0]?.body).toContain('https://grafana.example/d/golden-signals?time={{value}}');
  expect(kibana.received[0]?.body).toContain('https://jaeger.example/trace/{{value}}');
  expect(kibana.received[0]?.body).not.toContain('127.0.0.1');
});

test('waits for a Kibana that is still starting, for as long as it was told to', async () => {
  const starting = [503, { message: 'Kibana server is not ready yet' }] as const;
  const kibana = await startReceiver([starting, taken]);
  expect((await runImport({ KIBANA_URL: kibana.url })).code).toBe(1);
  expect((await runImport({ KIBANA_URL: kibana.url, KIBANA_WAIT_SECONDS: '20' })).code).toBe(0);
  const slow = await startReceiver([starting, taken]);
  expect((await runImport({ KIBANA_URL: slow.url, KIBANA_WAIT_SECONDS: '20' })).code).toBe(0);
  expect(slow.received).toHaveLength(2);
});

test.each([
  ['is away', undefined, /Kibana at http:\/\/127\.0\.0\.1:1 does not answer .* set KIBANA_URL/],
  ['refuses the credentials', [401, {}], /refuses these credentials \(401\): set KIBANA_API_KEY_FILE/],
  [
    'leaves an object out',
    [200, { success: false, successCount: 6, errors: [{ id: 'logs-todo', error: { type: 'conflict' } }] }],
    /did not take logs-todo \(conflict\)/,
  ],
] as const)('says so and fails when Kibana %s', async (_, answer, sentence) => {
  const url = answer === undefined ? 'http://127.0.0.1:1' : (await startReceiver([answer])).url;
  const { code, output } = await runImport({ KIBANA_URL: url });
  expect(output).toMatch(sentence);
  expect(code).toBe(1);
});
