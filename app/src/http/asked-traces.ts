import type { Config } from '../config.ts';
import { maxKeys } from '../redis/counter.ts';
import { clientNetwork } from './network-address.ts';

/**
 * Says whether a trace is recorded because its client asks for it: so many in a window for each client address, as far as
 * `clientNetwork` tells clients apart. Counted in this process, since each sends its own spans, and without waiting, since
 * a span begins with its request. Remembers no more addresses of a window than the rate limits do; further ones get none.
 */
export function askedTraces({
  RATE_LIMIT_TRACES: limit,
  RATE_LIMIT_WINDOW_SECONDS: seconds,
}: Pick<Config, 'RATE_LIMIT_TRACES' | 'RATE_LIMIT_WINDOW_SECONDS'>): (clientAddress: string) => boolean {
  const counts = new Map<string, number>();
  let endsAt = 0;
  return (clientAddress) => {
    if (limit === 0) return true;
    const now = performance.now();
    if (now >= endsAt) {
      counts.clear();
      endsAt = now + seconds * 1000;
    }
    const client = clientNetwork(clientAddress);
    const count = counts.get(client);
    if (count === undefined ? counts.size >= maxKeys : count >= limit) return false;
    counts.set(client, (count ?? 0) + 1);
    return true;
  };
}
