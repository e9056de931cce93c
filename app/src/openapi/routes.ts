import { createHash } from 'node:crypto';
import { z } from 'zod';
import { answerNotModified } from '../http/conditional.ts';
import { type Route, route } from '../http/route.ts';
import { buildDocument } from './document.ts';
import { problemPageRoutes } from './problem-pages.ts';
import { swaggerUiRoutes } from './swagger-ui.ts';

/**
 * Routes that describe the API to programs and people: its OpenAPI document, Swagger UI and the pages of its
 * problems.
 */
export function documentationRoutes(routes: readonly Route[]): Route[] {
  const document = route({
    method: 'get',
    path: '/openapi.json',
    operation: 'getOpenApiDocument',
    summary: 'Get this description',
    authentication: 'none',
    headers: ['If-None-Match'],
    answers: {
      200: {
        description: 'The OpenAPI document',
        schema: z.looseObject({ openapi: z.string() }).meta({ examples: [{ openapi: '3.1.1' }] }),
        headers: ['ETag'],
      },
      304: { description: 'It still has the version of If-None-Match', headers: ['ETag'] },
    },
    handler({ ctx }) {
      ctx.type = 'application/json';
      ctx.body = text;
      ctx.set({ ETag: `"${version}"`, 'Cache-Control': 'public, no-cache' });
      answerNotModified(ctx, version);
    },
  });
  const text = JSON.stringify(buildDocument([...routes, document]));
  const version = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return [document, ...swaggerUiRoutes(), ...problemPageRoutes()];
}
