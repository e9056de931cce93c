import type { Route } from './route.ts';

/** Reduces a request's address to the parts that can be written down: the names that the routes declare. */
export interface KnownNames {
  /** The path with each part masked that is neither of a route nor a UUID; clients put anything there. */
  maskPath(path: string): string;
  /** Names of query parameters, each once, those of no route as `*`. */
  queryNames(querystring: string): string[];
}

const mask = '*';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A path of more parts is cut there. */
const maxParts = 12;

export function namesOf(routes: readonly Route[]): KnownNames {
  const parts = new Set(
    routes.flatMap(({ path }) => path.split('/')).filter((part) => !part.startsWith(':')),
  );
  const parameters = new Set(routes.flatMap(({ query }) => Object.keys(query?.shape ?? {})));
  const literal = new Set(routes.map(({ path }) => path));
  return {
    maskPath(path) {
      if (literal.has(path)) return path;
      const masked = path
        .split('/', maxParts)
        .map((part) => (parts.has(part) || uuid.test(part) ? part : mask));
      return masked.join('/');
    },
    queryNames(querystring) {
      const names = [...new URLSearchParams(querystring).keys()];
      return [...new Set(names.map((name) => (parameters.has(name) ? name : mask)))];
    },
  };
}
