import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { type Route, route } from '../http/route.ts';
import { answerPage, htmlPage } from './page.ts';

const packaged = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const own = join(import.meta.dirname, 'swagger-ui');

/** Every file that the page loads: where it lies and what it is. */
const files = {
  'swagger-ui.css': { folder: packaged, type: 'text/css' },
  'page.css': { folder: own, type: 'text/css' },
  'swagger-ui-bundle.js': { folder: packaged, type: 'text/javascript' },
  'initializer.js': { folder: own, type: 'text/javascript' },
  'favicon-32x32.png': { folder: packaged, type: 'image/png' },
} as const;
type FileName = keyof typeof files;
const fileNames = Object.keys(files) as FileName[];

/** `data:` is for the icons in Swagger UI's style sheet; `connect-src` for the document and for trying requests. */
const sources = "script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

interface Assets {
  readonly contents: ReadonlyMap<string, Buffer>;
  /** Hash of all contents; part of their addresses, so that browsers may keep them for good. */
  readonly version: string;
}

async function readAssets(): Promise<Assets> {
  const contents = new Map<string, Buffer>();
  const hash = createHash('sha256');
  for (const name of fileNames) {
    const content = await readFile(join(files[name].folder, name));
    hash.update(content);
    contents.set(name, content);
  }
  return { contents, version: hash.digest('hex').slice(0, 16) };
}

/** Relative addresses, so that the page also works under a prefix of a reverse proxy. */
function page(version: string): string {
  const at = (name: FileName) => `docs/${version}/${name}`;
  return htmlPage(
    'Sightline API',
    `<link rel="icon" href="${at('favicon-32x32.png')}">
<link rel="stylesheet" href="${at('swagger-ui.css')}">
<link rel="stylesheet" href="${at('page.css')}">
<script src="${at('swagger-ui-bundle.js')}" defer></script>
<script src="${at('initializer.js')}" defer></script>`,
    '<div id="swagger-ui"></div>',
  );
}

const isFileName = (name: string): name is FileName => Object.hasOwn(files, name);

/** Swagger UI over `/openapi.json`, from the files of its package. They are read when first asked for. */
export function swaggerUiRoutes(): Route[] {
  let reading: Promise<Assets> | undefined;
  const assets = () => {
    reading ??= readAssets().catch((error: unknown) => {
      // Not kept: the next request tries again.
      reading = undefined;
      throw error;
    });
    return reading;
  };
  return [
    route({
      method: 'get',
      path: '/docs',
      operation: 'showDocumentation',
      summary: 'Show this description in a browser',
      authentication: 'none',
      page: true,
      answers: { 200: { description: 'The page' } },
      async handler({ ctx }) {
        answerPage(ctx, page((await assets()).version), sources);
      },
    }),
    route({
      method: 'get',
      path: '/docs/:version/:file',
      operation: 'getDocumentationFile',
      summary: 'Get a file of the page',
      authentication: 'none',
      page: true,
      params: z.strictObject({ version: z.string(), file: z.string() }),
      answers: { 200: { description: 'The file' } },
      problems: ['not-found'],
      async handler({ params: { version, file }, ctx }) {
        const { version: current, contents } = await assets();
        if (version !== current || !isFileName(file)) {
          throw new Problem('not-found', 'The documentation has no such file.');
        }
        ctx.type = files[file].type;
        ctx.body = contents.get(file);
        ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
      },
    }),
  ];
}
