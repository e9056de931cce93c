import type { Context } from 'koa';
import type { ZodContext } from 'koa-zod-router';
import type { ZodObject, ZodType, z } from 'zod';
import { afterCommit } from '../database/transaction.ts';
import { guarded } from '../telemetry/guarded.ts';
import type { Actor, RequestState } from './context.ts';
import type { AnswerHeader, RequestHeader } from './headers.ts';
import type { ProblemType } from './problem.ts';

type Empty = Record<string, never>;
type Output<Schema> = Schema extends ZodObject ? z.output<Schema> : Empty;

/** The body that a request may send. */
export interface BodySpec<Schema extends ZodObject = ZodObject> {
  readonly schema: Schema;
  /** Media types taken. */
  readonly types: readonly string[];
}

/** The request that a handler gets: the parts of the request as their schemas give them, and who asks. */
export interface Request<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Only on routes with `authentication: 'access_token'`; throws elsewhere. */
  readonly actor: Actor;
  /** For headers and the answer. */
  readonly ctx: Context;
}

/** An answer that is no problem. */
export interface AnswerSpec {
  readonly description: string;
  /** Schema of the JSON body; without one the answer is empty. */
  readonly schema?: ZodType;
  /** Headers that it always has, beside X-Request-Id, which every answer has. */
  readonly headers?: readonly AnswerHeader[];
}

/** One endpoint, declared: the router, the checks and the documentation all read this. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Path template, `/v1/todos/:id`. */
  readonly path: string;
  /** Name of the operation, unique in the API: `createTodo`. */
  readonly operation: string;
  readonly summary: string;
  /** Facts that clients need beyond the summary, in Markdown. */
  readonly description?: string;
  readonly authentication: 'none' | 'access_token';
  /** A page for people: no operation of the API, so not in its OpenAPI document. */
  readonly page?: true;
  /** Request headers that the handler reads. */
  readonly headers?: readonly RequestHeader[];
  readonly params?: ZodObject;
  readonly query?: ZodObject;
  readonly body?: BodySpec;
  /** Answers by status. */
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Problems of this endpoint's own, beside those that its authentication, parameters and body bring along. */
  readonly problems?: readonly ProblemType[];
  /**
   * Takes an `Idempotency-Key` (http/idempotency.ts). Needs an access token, since keys are a user's own, answers
   * JSON or nothing, and writes only through repositories that ask `connectionOf`.
   */
  readonly idempotent?: true;
  /**
   * How many requests one counts as in the limits by user, judged by its body as it came; one where this is
   * missing.
   */
  readonly cost?: (body: unknown) => number;
  /** How long the handler may take, in milliseconds, where that isn't the service's REQUEST_TIMEOUT_MS. */
  readonly timeLimit?: number;
  readonly handle: (ctx: ZodContext<unknown, unknown, unknown>) => Promise<void> | void;
}

interface RouteDeclaration<Params, Query, Body> extends Omit<Route, 'params' | 'query' | 'body' | 'handle'> {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body extends ZodObject ? BodySpec<Body> : never;
  readonly handler: (request: Request<Output<Params>, Output<Query>, Output<Body>>) => Promise<void> | void;
}

/** A request at a route, of which nothing is made before the handler asks for it. */
class RouteRequest<Params, Query, Body> implements Request<Params, Query, Body> {
  readonly ctx: Context;
  readonly #path: string;

  constructor(ctx: Context, path: string) {
    this.ctx = ctx;
    this.#path = path;
  }

  get params(): Params {
    return (this.ctx.request as unknown as { params: Params }).params;
  }

  get query(): Query {
    return (this.ctx.state as RequestState).query as Query;
  }

  get body(): Body {
    return (this.ctx.request as unknown as { body: Body }).body;
  }

  get actor(): Actor {
    const { userId, sessionId, transactionId, log } = this.ctx.state as RequestState;
    if (userId === undefined || sessionId === undefined)
      throw new Error(`${this.#path} asks who acts, but takes no access token`);
    return {
      userId,
      sessionId,
      requestId: transactionId,
      audit: (event, fields) =>
        // What is done is done, and answered so, even where the line about it fails.
        afterCommit(
          guarded(log, 'after_commit', () => log.write(event, { 'event.outcome': 'success', ...fields })),
        ),
    };
  }
}

/** Declares an endpoint; the handler's types follow from its schemas. */
export function route<
  Params extends ZodObject | undefined = undefined,
  Query extends ZodObject | undefined = undefined,
  Body extends ZodObject | undefined = undefined,
>({ handler, ...declaration }: RouteDeclaration<Params, Query, Body>): Route {
  return {
    ...declaration,
    handle: (ctx) =>
      handler(new RouteRequest<Output<Params>, Output<Query>, Output<Body>>(ctx, declaration.path)),
  } as Route;
}

/** JSON bodies of everything but a merge-patch. */
export const json = ['application/json'] as const;
/** RFC 7396; plain JSON is taken as a merge-patch too, since many clients send nothing else. */
export const mergePatch = ['application/merge-patch+json', 'application/json'] as const;
