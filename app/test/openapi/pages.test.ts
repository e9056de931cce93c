import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ProblemType, problemTypes } from '../../src/http/problem.ts';
import { startApi, type TestApi } from '../support/api.ts';

/** The directives of an answer's Content-Security-Policy. */
function policyOf(headers: Headers): Record<string, string> {
  const directives = (headers.get('content-security-policy') ?? '').split('; ');
  return Object.fromEntries(
    directives.map((directive) => {
      const [name, ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );
}

const strict = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

describe('the pages', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  describe('of Swagger UI', () => {
    /** Addresses that the page loads, in the order it names them. */
    const loaded = async () => {
      const { text } = await api.send('GET', '/docs');
      return [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => `/${path}`);
    };

    test('load files of the service only, by a policy without any inline exception', async () => {
      const { status, headers, text } = await api.send('GET', '/docs');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(policyOf(headers)).toEqual({
        ...strict,
        'script-src': "'self'",
        'style-src': "'self'",
        'img-src': "'self' data:",
        'connect-src': "'self'",
      });
      expect(text).not.toMatch(/<style|<script>|\sstyle=|\son\w+=|https?:/);
    });

    test('have each file answer with its type, to be kept for good', async () => {
      const files = await loaded();
      const types = await Promise.all(
        files.map(async (path) => {
          const { status, headers, text } = await api.send('GET', path);
          expect({ path, status, empty: text === '' }).toEqual({ path, status: 200, empty: false });
          expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
          return `${path.split('/').at(-1)} ${headers.get('content-type')}`;
        }),
      );
      expect(types.sort()).toEqual([
        'favicon-32x32.png image/png',
        'initializer.js text/javascript; charset=utf-8',
        'page.css text/css; charset=utf-8',
        'swagger-ui-bundle.js text/javascript; charset=utf-8',
        'swagger-ui.css text/css; charset=utf-8',
      ]);
    });

    test('have no other file, nor one of another version', async () => {
      const [file = ''] = await loaded();
      const folder = file.replace(/[^/]*$/, '');
      for (const path of [
        `${folder}package.json`,
        `${folder}constructor`,
        `${folder}..%2fpackage.json`,
        '/docs/0000000000000000/swagger-ui.css',
        '/docs/',
      ]) {
        expect({ path, status: (await api.send('GET', path)).status }).toEqual({ path, status: 404 });
      }
    });
  });

  describe('of the problems', () => {
    test('the list of problems has every type', async () => {
      const { status, headers, text } = await api.send('GET', '/problems/');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, type]) => type);
      expect(links).toEqual(Object.keys(problemTypes));
    });

    test.each(Object.keys(problemTypes) as ProblemType[])('explain %s', async (type) => {
      const { status, headers, text } = await api.send('GET', `/problems/${type}`);
      expect(status).toBe(200);
      expect(policyOf(headers)).toEqual({
        ...strict,
        'style-src': expect.stringMatching(/^'sha256-[A-Za-z0-9+/]{43}='$/),
      });
      expect(text).toContain(`status ${problemTypes[type].status}`);
      expect(text).not.toMatch(/<script|\sstyle=/);
      const shown = text
        .replace(/<[^>]*>/g, '')
        .replaceAll('&#39;', "'")
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"');
      expect(shown).toContain(problemTypes[type].meaning.replaceAll('`', ''));
    });

    test.each(['unknown', '__proto__', 'constructor', '%3Cscript%3E'])(
      'no problem named %s has a page',
      async (type) => {
        const answer = await api.send('GET', `/problems/${type}`);
        expect(answer.status).toBe(404);
        expect(answer.body).toMatchObject({ type: '/problems/not-found' });
      },
    );
  });
});
