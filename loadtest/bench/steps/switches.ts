/**
 * Ways to leave a step of a request out while the service runs. Each stands in for what a module of the service exports:
 * it does as the real one does, until its step is switched off. What later steps need of it, it then gives them as the
 * last request had it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware } from 'koa';

/** Whether a step is left out just now. */
export interface Switch {
  isOff: boolean;
}

/** Whatever a module exports to be called. */
// biome-ignore lint/suspicious/noExplicitAny: it stands for functions of any type, each told by its caller's.
type Real = (...given: any[]) => any;

/** Makes what stands in for `real`. */
export type StandIn = (real: Real, step: Switch) => Real;

/** The parts of a context that a middleware fills in. */
interface Filled {
  readonly state?: readonly string[];
  readonly request?: readonly string[];
}

type Members = Record<string, unknown>;

function copy(names: readonly string[], from: Members, to: Members): void {
  for (const name of names) to[name] = from[name];
}

function passing(real: Middleware, step: Switch, { state = [], request = [] }: Filled): Middleware {
  const last = { state: {} as Members, request: {} as Members };
  return (ctx, next) => {
    const inRequest = ctx.request as unknown as Members;
    if (step.isOff) {
      copy(state, last.state, ctx.state);
      copy(request, last.request, inRequest);
      return next();
    }
    return real(ctx, () => {
      copy(state, ctx.state, last.state);
      copy(request, inRequest, last.request);
      return next();
    });
  };
}

/** For what makes a middleware: off, it goes on to the next. */
export const middleware =
  (filled: Filled = {}): StandIn =>
  (real, step) =>
  (...given) =>
    passing(real(...given), step, filled);

/** For what makes a maker of middleware. */
export const middlewares: StandIn =
  (real, step) =>
  (...given) => {
    const make = real(...given);
    return (...further: unknown[]) => passing(make(...further), step, {});
  };

/** For what makes a recorder of requests: off, it records nothing. */
export const recorder: StandIn =
  (real, step) =>
  (...given) => {
    const record = real(...given);
    return (request: unknown) => {
      if (!step.isOff) record(request);
    };
  };

/** For what is called as the request passes: off, something else is called. */
export const call =
  (instead: Real): StandIn =>
  (real, step) =>
  (...given) =>
    step.isOff ? instead(...given) : real(...given);

/** For a call with an answer: off, it gives the last one of the calls that had the same argument at the place `by`, from 0. */
export const answered =
  (by: number): StandIn =>
  (real, step) => {
    const last = new Map<unknown, unknown>();
    return async (...given) => {
      const key = given[by];
      if (step.isOff) return last.get(key);
      const answer = await real(...given);
      last.set(key, answer);
      return answer;
    };
  };

/** For what wraps a service in another of the same methods: off, the inner one is called. */
export const wrapper: StandIn =
  (real, step) =>
  (inner: Record<string, Real>, ...given) => {
    const outer: typeof inner = real(inner, ...given);
    const switched = Object.entries(outer).map(([name, method]) => [
      name,
      (...request: unknown[]) => (step.isOff ? inner[name]?.(...request) : method(...request)),
    ]);
    return Object.fromEntries(switched);
  };

/** For what makes a listener of events: off, it hears none. */
export const listener: StandIn =
  (real, step) =>
  (...given) => {
    const methods = Object.entries<Real>(real(...given)).map(([name, method]) => [
      name,
      (...event: unknown[]) => (step.isOff ? undefined : method(...event)),
    ]);
    return Object.fromEntries(methods);
  };

/** The bytes of an answer. */
interface Answer {
  readonly status: number;
  readonly headers: string[];
  readonly body: unknown;
}

/** Requests of one shape have answers of one shape: any todo, a list, what is created. */
const shapeOf = ({ method, url = '' }: IncomingMessage) => `${method} ${/\?.*$/.exec(url)?.[0]}`;

/** For what serves an app of Koa: off, node:http answers as the app first answered a request of this shape. */
export const server: StandIn = (real, step) => (app: { callback: () => Real }, options) => {
  const first = new Map<string, Answer>();
  const handle = app.callback();
  function remember(shape: string, response: ServerResponse): void {
    const { end } = response;
    response.end = ((...given: Parameters<typeof end>) => {
      const headers = Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
      first.set(shape, { status: response.statusCode, headers, body: given[0] });
      return end.apply(response, given);
    }) as typeof end;
  }
  const callback = () => (request: IncomingMessage, response: ServerResponse) => {
    const shape = shapeOf(request);
    const answer = first.get(shape);
    if (answer === undefined) remember(shape, response);
    if (answer === undefined || !step.isOff) return handle(request, response);
    return response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  return real({ callback }, options);
};
