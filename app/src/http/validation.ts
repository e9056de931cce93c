import type { Middleware } from 'koa';
import type { ZodError, ZodObject } from 'zod';
import type { RequestState } from './context.ts';
import { Problem, type ProblemError, type ProblemType } from './problem.ts';

/** The parts of a request that a route can declare, as the client sent them. */
interface Input {
  params?: unknown;
  query: unknown;
  body?: unknown;
}

type Part = keyof Input;

/** JSON pointer (RFC 6901) of a path into the body, as a URI fragment. */
const bodyPointer = (path: readonly PropertyKey[]) =>
  `#${path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`;

/** The problem with a wrong part, and how its members are pointed at. */
const refusals: Readonly<
  Record<Part, { type: ProblemType; detail: string; pointer: (path: readonly PropertyKey[]) => string }>
> = {
  params: {
    type: 'invalid-parameter',
    detail: 'The path has an invalid part.',
    pointer: ([name = '']) => `/${String(name)}`,
  },
  query: {
    type: 'invalid-parameter',
    detail: 'The query has invalid parameters.',
    pointer: ([name = '']) => `?${String(name)}`,
  },
  body: { type: 'validation-failed', detail: 'The body has invalid members.', pointer: bodyPointer },
};

/** Most errors that one problem names: a body of thousands of wrong values gets no answer larger than itself. */
const maxErrors = 100;

function errorsIn(part: Part, error: ZodError): ProblemError[] {
  const { pointer } = refusals[part];
  return error.issues
    .slice(0, maxErrors)
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), detail: 'is not known here' }))
        : [{ pointer: pointer(issue.path), detail: issue.message }],
    )
    .slice(0, maxErrors);
}

/**
 * Replaces the declared parts of a request by what their schemas give, or refuses the request. The README of this
 * folder says what that saves over koa-zod-router's own.
 */
export function validation(schemas: { readonly [name in Part]?: ZodObject | undefined }): Middleware {
  const declared = (['params', 'query', 'body'] as const).flatMap((part) => {
    const schema = schemas[part];
    return schema ? [{ part, schema }] : [];
  });
  return (ctx, next) => {
    const input = ctx.request as unknown as Input;
    for (const { part, schema } of declared) {
      const { data, error } = schema.safeParse(input[part]);
      if (error) {
        const { type, detail } = refusals[part];
        throw new Problem(type, detail, { errors: errorsIn(part, error) });
      }
      // Koa would write a new query into the address of the request.
      if (part === 'query') (ctx.state as RequestState).query = data;
      else input[part] = data;
    }
    return next();
  };
}
