/** Whether a run stays within the API's rate limits. Knows nothing of k6's modules, so that tests use it. */
import { type Share, shares } from '../journeys/shares.ts';

/** A limit as an answer's `RateLimit-Policy` states it: so many requests in so many seconds. */
export interface Policy {
  readonly quota: number;
  readonly seconds: number;
}

/** The limits that such a field names (draft-ietf-httpapi-ratelimit-headers), by their names. */
export function policiesOf(field: string): ReadonlyMap<string, Policy> {
  return new Map(
    [...field.matchAll(/"(\w+)";q=(\d+);w=(\d+)/g)].map(([, name = '', quota, seconds]) => [
      name,
      { quota: Number(quota), seconds: Number(seconds) },
    ]),
  );
}

/** The load that a run will send. */
export interface Plan {
  /** Journeys a second at its highest. */
  readonly journeys: number;
  /** Seconds that journeys begin for. */
  readonly seconds: number;
  readonly users: number;
  /** Whether each user comes from an address of its own; else all come from one. */
  readonly ownAddresses: boolean;
}

type Countable = 'requests' | 'sessionRequests';

/** Journeys of one kind that begin a second. */
export const beginning = (journeys: number, { share, max = Number.POSITIVE_INFINITY }: Share) =>
  Math.min(journeys * share, max);

/** Requests a second, of all journeys at this rate. */
export const perSecond = (journeys: number, of: Countable) =>
  Object.values(shares).reduce((sum, share) => sum + beginning(journeys, share) * share[of], 0);

/** Requests that the setup sends for each user: it registers, logs in, and creates todos. */
const perSetup: Readonly<Record<Countable, number>> = { requests: 3, sessionRequests: 2 };

/** The requests that each limit of the API counts, and the setting that raises it. */
const counted: Readonly<Record<string, { of: Countable; by: 'address' | 'user'; setting: string }>> = {
  ip: { of: 'requests', by: 'address', setting: 'RATE_LIMIT_IP' },
  sessions: { of: 'sessionRequests', by: 'address', setting: 'RATE_LIMIT_SESSIONS' },
  user: { of: 'requests', by: 'user', setting: 'RATE_LIMIT_USER' },
};

/** A sentence for each limit that a run will pass. */
export function limitsPassed(plan: Plan, policies: ReadonlyMap<string, Policy>): string[] {
  return Object.entries(counted).flatMap(([name, { of, by, setting }]) => {
    const policy = policies.get(name);
    if (policy === undefined) return [];
    const parts = by === 'user' || plan.ownAddresses ? plan.users : 1;
    const sent = perSecond(plan.journeys, of) * Math.min(policy.seconds, plan.seconds);
    const max = Math.round((sent + perSetup[of] * plan.users) / parts);
    if (max <= policy.quota) return [];
    return [
      `This run sends up to ${max} requests in ${policy.seconds} s from one ${by} that the API counts for its limit ` +
        `"${name}" of ${policy.quota}: some will be refused with 429. Lower RATE, or raise ${setting} there.`,
    ];
  });
}
