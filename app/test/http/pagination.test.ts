import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';

describe('the Link header', () => {
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    api = await startApi();
    ({ token } = await api.newUser());
    const items = Array.from({ length: 5 }, (_, n) => ({ title: `todo ${n}`, labels: ['a>b "c", ü'] }));
    await api.send('POST', '/v1/todos/batch', { token, json: { items } });
  });
  afterAll(() => api.stop());

  /** The targets of a Link header by their relation. */
  function links(header: string | null): Record<string, string> {
    const parts = [...(header ?? '').matchAll(/<([^>]*)>; rel="([^"]*)"/g)];
    return Object.fromEntries(parts.map(([, target = '', relation = '']) => [relation, target]));
  }
  const get = (path: string) =>
    api.send<{ items: unknown[]; next_cursor: string | null }>('GET', path, { token });

  test('leads from the first page to the last, with the parameters of the request', async () => {
    const first = `/v1/todos?sort=priority&limit=2&label=${encodeURIComponent('a>b "c", ü')}`;
    let found = 0;
    let pages = 0;
    for (let path: string | undefined = first; path !== undefined; ) {
      const { headers, body } = await get(path);
      pages += 1;
      found += body.items.length;
      const { first: start = '', next, ...others } = links(headers.get('link'));
      expect(others).toEqual({});
      const asked = (target: string) => Object.fromEntries(new URL(target, api.url).searchParams);
      expect(asked(start)).toEqual(asked(first));
      if (next !== undefined) expect(asked(next)).toEqual({ ...asked(first), cursor: body.next_cursor });
      expect(next === undefined).toBe(body.next_cursor === null);
      path = next;
    }
    expect({ found, pages }).toEqual({ found: 5, pages: 3 });
  });

  test('says just where the list begins when there is no more and nothing was asked', async () => {
    expect((await get('/v1/todos')).headers.get('link')).toBe('</v1/todos>; rel="first"');
  });

  test('is on a history too', async () => {
    const [todo] = (await get('/v1/todos?limit=1')).body.items as { id: string }[];
    const path = `/v1/todos/${todo?.id}`;
    await api.send('PATCH', path, { token, json: { title: 'changed' } });
    const { headers, body } = await get(`${path}/history?limit=1`);
    expect(links(headers.get('link'))).toEqual({
      first: `${path}/history?limit=1`,
      next: `${path}/history?limit=1&cursor=${body.next_cursor}`,
    });
  });
});
