import { setTimeout as delay } from 'node:timers/promises';
import type { Middleware } from 'koa';
import type { Route } from '../http/route.ts';
import type { RequestFault } from './schema.ts';

/** Where requests fail or wait while a fault is on. */
export interface RequestFaults {
  /** The step before the handler of a route: of the API's own ones only, so that probes and scrapes stay as they are. */
  before(route: Pick<Route, 'path'>): readonly Middleware[];
  /**
   * Counts requests from 1 and hits every n-th of them.
   * @returns what ends it, also for the requests that are waiting
   */
  start(fault: RequestFault): () => void;
}

/** The effect of a fault on one request. */
type Meet = () => Promise<void> | void;

function meeting(fault: RequestFault, ended: AbortSignal): Meet {
  let counted = 0;
  return () => {
    counted += 1;
    if (counted % fault.every !== 0) return;
    if (fault.effect === 'fail')
      throw new Error(`A fault injected on purpose: every request of ${fault.every} fails.`);
    // It keeps no process alive whose connections are cut; it rejects when the fault ends, and only then.
    return delay(fault.milliseconds, undefined, { signal: ended, ref: false }).catch(() => {});
  };
}

/** The requests of one process. */
export function createRequestFaults(): RequestFaults {
  let meet: Meet | undefined;
  const step: Middleware = async (_ctx, next) => {
    await meet?.();
    return next();
  };
  return {
    before: ({ path }) => (path.startsWith('/v1/') ? [step] : []),
    start(fault) {
      const end = new AbortController();
      meet = meeting(fault, end.signal);
      return () => {
        meet = undefined;
        end.abort();
      };
    },
  };
}
