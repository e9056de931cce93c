import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { eventually } from '@sightline/testkit/eventually.ts';

const because = spawnSync('haproxy', ['-v']).status === 0 ? '' : ' (skipped: no program haproxy)';

/** HAProxy, with the configuration of the stack, before a Docker that answers everything. */
(because === '' ? describe : describe.skip)(`what Filebeat sees of Docker${because}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'docker-proxy-'));
  const socket = join(folder, 'docker.sock');
  const entrance = join(folder, 'proxy.sock');
  const reached: string[] = [];
  let docker: Server;
  let stop: () => Promise<unknown>;

  const ask = (method: string, path: string) =>
    new Promise<number | undefined>((answer, reject) =>
      request({ socketPath: entrance, method, path }, (response) => answer(response.resume().statusCode))
        .on('error', reject)
        .end(),
    );

  beforeAll(async () => {
    docker = createServer(({ method, url }, response) => {
      reached.push(`${method} ${url}`);
      response.end('{}');
    }).listen(socket);
    const configuration = join(folder, 'haproxy.cfg');
    const text = readFileSync(join(checkout, 'stack/compose/docker-proxy.cfg'), 'utf8');
    const here = text
      .replace('bind :2375', `bind unix@${entrance}`)
      .replace('unix@/var/run/docker.sock', `unix@${socket}`);
    expect(here.match(/unix@/g)).toHaveLength(2);
    writeFileSync(configuration, here);
    const haproxy = spawn('haproxy', ['-db', '-f', configuration], { stdio: 'ignore' });
    const ended = new Promise((resolve) => haproxy.once('exit', resolve));
    stop = () => {
      haproxy.kill('SIGKILL');
      return ended;
    };
    await eventually(async () => (await ask('GET', '/_ping').catch(() => 0)) === 200);
  });
  afterAll(async () => {
    await stop?.();
    docker?.close();
    docker?.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  test.each([
    '/_ping',
    '/v1.24/version',
    '/v1.51/info',
    '/v1.51/containers/json?limit=0',
    '/v1.51/events?filters=%7B%7D&since=1',
  ])('GET %s is answered by Docker', async (path) => {
    expect(await ask('GET', path)).toBe(200);
    expect(reached.at(-1)).toBe(`GET ${path}`);
  });

  test.each([
    ['POST', '/v1.51/containers/create'],
    ['POST', '/v1.51/containers/json'],
    ['DELETE', '/v1.51/containers/json'],
    ['PUT', '/_ping'],
    ['GET', '/v1.51/containers/0123456789ab/json'],
    ['GET', '/v1.51/containers/0123456789ab/archive?path=/'],
    ['GET', '/v1.51/secrets'],
    ['GET', '/v1.51/../containers/0123456789ab/json'],
    ['GET', '/v1.51/containers/json/../0123456789ab/json'],
    ['GET', '//_ping'],
    ['GET', '/v1.51/containers%2fjson'],
    ['GET', '/'],
  ])('%s %s gets no further', async (method, path) => {
    const before = reached.length;
    expect(await ask(method, path)).toBe(403);
    expect(reached).toHaveLength(before);
  });
});
