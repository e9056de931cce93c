import type { Labels } from '@sightline/telemetry/metrics.ts';
import type { Middleware } from 'koa';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import type { Redis } from '../redis/connection.ts';
import { count, createCounter, secondsLeft } from '../redis/counter.ts';
import { networkOf, type RequestState } from './context.ts';
import { Problem } from './problem.ts';

type LimitSetting = 'RATE_LIMIT_IP' | 'RATE_LIMIT_USER' | 'RATE_LIMIT_SESSIONS' | 'RATE_LIMIT_PASSWORD';

/** Whose requests are counted together. */
type CountedBy = 'ip' | 'user';

/** One limit of requests in a window. */
export interface RateLimit {
  /** In the header fields, the log, and keys of Redis. */
  readonly name: Labels<'rate_limit_rejections_total'>['limiter'];
  readonly countedBy: CountedBy;
  /** The requests it counts, as method and path template. */
  readonly routes: 'all' | readonly string[];
  /** How many it allows; 0 turns it off. */
  readonly setting: LimitSetting;
}

/** Every limit of the API, those of one client in the order they are asked. */
export const rateLimits: readonly RateLimit[] = [
  { name: 'ip', countedBy: 'ip', routes: 'all', setting: 'RATE_LIMIT_IP' },
  {
    name: 'sessions',
    countedBy: 'ip',
    routes: ['POST /v1/sessions', 'POST /v1/sessions/refresh', 'POST /v1/users'],
    setting: 'RATE_LIMIT_SESSIONS',
  },
  { name: 'user', countedBy: 'user', routes: 'all', setting: 'RATE_LIMIT_USER' },
  // Whoever stole an access token could otherwise use it to guess the password.
  {
    name: 'password',
    countedBy: 'user',
    routes: ['DELETE /v1/users/me', 'PUT /v1/users/me/password'],
    setting: 'RATE_LIMIT_PASSWORD',
  },
];

/** Probes are never limited: a refused one would take an instance out of service that is only busy. */
const unlimited = /^GET \/health\//;

const keys: Readonly<Record<CountedBy, (state: RequestState) => string>> = {
  ip: networkOf,
  user: ({ userId }) => {
    if (userId === undefined) throw new Error('A limit by user needs authentication before it.');
    return userId;
  },
};

/** A limit that is on, with where it counts. */
interface Limiter extends RateLimit {
  readonly counter: RateLimiterAbstract;
  /** Its member of the field `RateLimit-Policy`. */
  readonly policy: string;
}

function createLimiter(limit: RateLimit, config: Config, redis: Redis | undefined): Limiter {
  const { name } = limit;
  const options = { name, points: config[limit.setting], seconds: config.RATE_LIMIT_WINDOW_SECONDS };
  const policy = `"${name}";q=${options.points};w=${options.seconds}`;
  return { ...limit, counter: createCounter(options, redis), policy };
}

/**
 * The middleware that counts a route's requests and refuses those over a limit with 429.
 * @param route method and path template; `undefined` stands for all paths that no route has
 * @param cost as how many requests one counts, by its body, which has been read by then
 */
export type RateLimiting = (
  countedBy: CountedBy,
  route: string | undefined,
  cost?: (body: unknown) => number,
) => Middleware<RequestState>;

/** Limits nothing: for the management server. */
export const noRateLimiting: RateLimiting = () => (_ctx, next) => next();

/**
 * Makes the limits of the configuration. Each answer tells where the client stands, in the fields of
 * draft-ietf-httpapi-ratelimit-headers.
 * @param redis where instances count together; without it, and while it is away, each counts for itself
 */
export function createRateLimiting(config: Config, redis: Redis | undefined): RateLimiting {
  const limiters = rateLimits
    .filter(({ setting }) => config[setting] > 0)
    .map((limit) => createLimiter(limit, config, redis));
  return (countedBy, route, cost) => {
    const applying = limiters.filter(
      (limit) =>
        limit.countedBy === countedBy &&
        !unlimited.test(route ?? '') &&
        (limit.routes === 'all' || (route !== undefined && limit.routes.includes(route))),
    );
    if (applying.length === 0) return (_ctx, next) => next();
    return async (ctx, next) => {
      const key = keys[countedBy](ctx.state);
      const { res } = ctx;
      const points = cost?.((ctx.request as { body?: unknown }).body);
      for (const { name, counter, policy } of applying) {
        const { allowed, state } = await count(counter, key, points);
        const seconds = secondsLeft(state);
        const standing = `"${name}";r=${state.remainingPoints};t=${seconds}`;
        const before = res.getHeader('RateLimit');
        res.setHeader(
          'RateLimit-Policy',
          before ? `${res.getHeader('RateLimit-Policy')}, ${policy}` : policy,
        );
        res.setHeader('RateLimit', before ? `${before}, ${standing}` : standing);
        if (allowed) continue;
        throw new Problem(
          'too-many-requests',
          `This ${countedBy === 'ip' ? 'address' : 'user'} is over the limit "${name}" of ${counter.points} requests in ${counter.duration} seconds. Try again in ${seconds}.`,
          { headers: { 'Retry-After': String(seconds) }, limiter: name },
        );
      }
      return next();
    };
  };
}
