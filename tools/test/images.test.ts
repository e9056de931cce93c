import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseReference, readImages, withoutDigest } from '../images.ts';
import { digestOf } from '../registry.ts';
import { digests, pinned } from '../update-images.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const older = `sha256:${'cd'.repeat(32)}`;

/** A registry that wants a token for anybody, as Docker Hub does, and knows one tag. */
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
  if (pathname === '/token') {
    const isKnown = searchParams.get('scope') === 'repository:library/redis:pull';
    return response.end(JSON.stringify(isKnown ? { token: 'for-anybody' } : {}));
  }
  if (request.headers.authorization !== 'Bearer for-anybody') {
    const scope = /^\/v2\/(.+)\/manifests/.exec(pathname)?.[1];
    const challenge = `Bearer realm="${origin}/token",service="registry",scope="repository:${scope}:pull"`;
    return response.writeHead(401, { 'www-authenticate': challenge }).end();
  }
  const isThere = request.method === 'HEAD' && pathname === '/v2/library/redis/manifests/8.2.2';
  return isThere && request.headers.accept?.includes('image.index')
    ? response.writeHead(200, { 'docker-content-digest': digest }).end()
    : response.writeHead(404).end();
});
let origin = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});
const registries = { originOf: () => origin };

describe('images.env', () => {
  test('names an image in full, with or without a digest', () => {
    expect(parseReference('docker.io/library/redis:8.2.2')).toEqual({
      registry: 'docker.io',
      repository: 'library/redis',
      tag: '8.2.2',
      digest: undefined,
    });
    expect(parseReference(`quay.io/prometheus/prometheus:v3@${digest}`).digest).toBe(digest);
    expect(withoutDigest(`quay.io/prometheus/prometheus:v3@${digest}`)).toBe(
      'quay.io/prometheus/prometheus:v3',
    );
  });

  test.each(['redis', 'docker.io/redis', 'docker.io/library/redis@sha256:ab', 'docker.io/library/redis:'])(
    'is not understood with %s in it',
    (text) => {
      expect(() => readImages(`REDIS_IMAGE=${text}`)).toThrow(`"${text}" is no image such as`);
    },
  );

  test('says which line is no assignment', () => {
    expect(() => readImages('# images\n\nredis\n')).toThrow(
      'images.env, line 3: "redis" is no NAME_IMAGE=reference.',
    );
  });

  test('can be read as it is', () => expect(Object.keys(readImages()).length).toBeGreaterThan(15));
});

describe('The digest of an image', () => {
  test('is asked of its registry, with a token for anybody where it wants one', async () => {
    expect(await digestOf(parseReference('docker.io/library/redis:8.2.2'), registries)).toBe(digest);
  });

  test('is not there for a tag that the registry does not have', async () => {
    await expect(digestOf(parseReference('docker.io/library/redis:9.9'), registries)).rejects.toThrow(
      'docker.io gives no digest of library/redis:9.9 (404): is there such a tag, and is it public?',
    );
  });

  test('is not there when the registry gives no token, or does not answer', async () => {
    await expect(digestOf(parseReference('docker.io/library/nginx:1'), registries)).rejects.toThrow(
      'gives no token for anybody (200)',
    );
    const nobody = { originOf: () => 'http://127.0.0.1:1' };
    await expect(digestOf(parseReference('docker.io/library/redis:8'), nobody)).rejects.toThrow(
      '127.0.0.1:1 does not answer:',
    );
  });

  test('is written behind the tag, in place of an older one, in images.env and in the Dockerfile', async () => {
    const text = `# of REDIS_IMAGE=\nREDIS_IMAGE=docker.io/library/redis:8.2.2@${older}\n`;
    const known = await digests(text, registries);
    expect(pinned(text, known)).toBe(
      `# of REDIS_IMAGE=\nREDIS_IMAGE=docker.io/library/redis:8.2.2@${digest}\n`,
    );
    expect(pinned('ARG BASE=docker.io/library/redis:8.2.2\nFROM $BASE\n', known)).toBe(
      `ARG BASE=docker.io/library/redis:8.2.2@${digest}\nFROM $BASE\n`,
    );
    expect(pinned('ARG BASE=docker.io/library/node:26\n', known)).toBe(
      'ARG BASE=docker.io/library/node:26\n',
    );
  });
});
