import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';

describe('every answer', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ CORS_ORIGINS: 'https://app.example.com,http://localhost:8080' });
  });
  afterAll(() => api.stop());

  const paths = ['/health/live', '/nothing', '/v1/todos', '/v1/todos/%zz'];

  test.each(paths)('carries the security headers: %s', async (path) => {
    const { headers } = await api.send('GET', path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect(headers.has('x-powered-by')).toBe(false);
  });

  test.each(paths)('carries the request id it was sent, in header, problem and log: %s', async (path) => {
    const id = `given-${Math.random()}`;
    const answer = await api.send('GET', path, { headers: { 'X-Request-Id': id } });
    expect(answer.headers.get('x-request-id')).toBe(id);
    if (answer.status >= 400) expect(answer.body['request_id']).toBe(id);
    expect(api.logLines()).toContainEqual(
      expect.objectContaining({
        'event.action': 'request',
        'http.request.id': id,
        'http.response.status_code': answer.status,
      }),
    );
  });

  test.each([
    ['no id', ''],
    ['a space', 'a b'],
    ['markup', '<script>'],
    ['more than 128 characters', 'x'.repeat(129)],
  ])('gets a request id of ours for %s', async (_name, given) => {
    const { headers } = await api.send('GET', '/health/live', { headers: { 'X-Request-Id': given } });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is logged once, by route template and with the names of the query only', async () => {
    const { token, id: userId } = await api.newUser();
    await api.send('GET', '/v1/todos?label=secret-project', {
      token,
      headers: { 'X-Request-Id': 'logged-once' },
    });
    const lines = api.logLines().filter((line) => line['http.request.id'] === 'logged-once');
    expect(lines).toEqual([
      expect.objectContaining({
        'http.request.method': 'GET',
        'url.path': '/v1/todos',
        'labels.route': '/v1/todos',
        'labels.query_names': ['label'],
        'http.response.status_code': 200,
        'user.id': userId,
        'event.duration': expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret-project');
  });

  test('to OPTIONS says what the resource offers', async () => {
    const answer = await api.send('OPTIONS', '/v1/todos');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST']);
  });

  test('to HEAD is that to GET without its body', async () => {
    const answer = await api.send('HEAD', '/health/live');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
    expect(answer.headers.get('content-length')).toBe(
      String((await api.send('GET', '/health/live')).text.length),
    );
  });

  describe('to a page of', () => {
    const preflight = (origin: string) =>
      api.send('OPTIONS', '/v1/todos', {
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization',
        },
      });

    test('an allowed origin lets the browser read it, errors included', async () => {
      const origin = 'https://app.example.com';
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBe(origin);
      const refused = await api.send('GET', '/v1/todos', { headers: { Origin: origin } });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
      expect(refused.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
      expect(refused.headers.get('vary')).toBe('Origin');
    });

    test.each(['https://evil.example', 'https://app.example.com.evil.example', 'null'])(
      'the origin %s does not let the browser read it',
      async (origin) => {
        expect((await preflight(origin)).headers.has('access-control-allow-origin')).toBe(false);
      },
    );
  });
});
