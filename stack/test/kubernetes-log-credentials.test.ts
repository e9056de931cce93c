import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';

const program = resolve(import.meta.dirname, '../kubernetes/log-credentials.ts');

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/**
 * Answers in Elasticsearch's place: the distribution that tests can have refuses to make API keys, since it lacks a
 * module that the index of security needs.
 */
async function elasticsearch(answers: Readonly<Record<string, object>>, status = 200) {
  const requests: { path: string; body: unknown }[] = [];
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const path = (request.url ?? '').replace(/-\d+$/, '');
    requests.push({ path, body: text === '' ? undefined : JSON.parse(text) });
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
      .end(JSON.stringify(answers[path] ?? { error: { reason: 'no such thing' } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function run(url: string) {
  const child = spawn(process.execPath, [program], { env: { ELASTICSEARCH_URL: url } });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
  const [code] = await once(child, 'close');
  return { code, ...said };
}

test('a Secret is made of a key that may only write log lines, and a token of Kibana', async () => {
  const { url, requests } = await elasticsearch({
    '/_security/api_key': { id: 'the-id', api_key: 'the-key' },
    '/_security/service/elastic/kibana/credential/token/sightline': { token: { value: 'the-token' } },
  });
  const { code, stdout, stderr } = await run(url);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [secret] = JSON.parse(stdout).items;
  expect(secret).toMatchObject({
    kind: 'Secret',
    metadata: { name: 'log-credentials', namespace: 'todo-api' },
    stringData: { 'logstash-api-key': 'the-id:the-key', 'kibana-token': 'the-token' },
  });
  expect(requests[0]?.body).toEqual({
    name: 'logstash',
    role_descriptors: {
      logstash: {
        cluster: ['monitor'],
        indices: [{ names: ['logs-todo-*'], privileges: ['create_doc', 'auto_configure'] }],
      },
    },
  });
});

test('an Elasticsearch that gives none is a sentence, and no Secret', async () => {
  const { url } = await elasticsearch({}, 400);
  const { code, stdout, stderr } = await run(url);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('Elasticsearch gives no credential (400): no such thing');
});
