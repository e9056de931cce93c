import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { Middleware } from 'koa';
import proxyAddr from 'proxy-addr';
import type { Config } from '../config.ts';
import type { Log } from '../telemetry/log.ts';
import type { RequestState } from './context.ts';
import { hops, type Unreadable } from './forwarded.ts';
import { canonicalAddress } from './network-address.ts';

type Proxies = Pick<Config, 'TRUSTED_PROXIES' | 'TRUSTED_PROXY_HOPS' | 'FORWARDED_HEADER'>;

/**
 * Told of each address that a trusted proxy should have named and that can't be read: counts it, and says so once a
 * minute, since all such clients share one limit.
 */
export function unreadableAddresses(log: Log, metrics: Metrics): (why: Unreadable) => void {
  let silentUntil = 0;
  return (reason) => {
    metrics.count('client_addresses_unreadable_total', { reason });
    if (performance.now() < silentUntil) return;
    silentUntil = performance.now() + 60_000;
    log.write('client-address-unreadable', { 'event.reason': reason });
  };
}

/**
 * Keeps who sends the request. The header field that the proxies write is read from its end and only as far as
 * trusted ones wrote it: the rest is whatever the client made up. So is the other field, since a proxy that writes
 * one passes the other on.
 * @param unreadable told when a trusted proxy names nobody; then that proxy stands for its client
 */
export function clientAddress(
  { TRUSTED_PROXIES: trusted, TRUSTED_PROXY_HOPS: count = 0, FORWARDED_HEADER: header }: Proxies,
  unreadable: (why: Unreadable) => void = () => {},
): Middleware<RequestState> {
  const trusts = trusted
    ? proxyAddr.compile([...trusted])
    : (_: string, distance: number) => distance < count;
  return ({ req, state }, next) => {
    let address = canonicalAddress(req.socket.remoteAddress ?? '');
    const before = hops(header, String(req.headers[header] ?? ''));
    for (let distance = 0; trusts(address, distance); distance += 1) {
      const { value: hop } = before.next();
      if (hop && 'unreadable' in hop) unreadable(hop.unreadable);
      if (!hop || 'unreadable' in hop) break;
      ({ address } = hop);
    }
    state.clientAddress = address;
    return next();
  };
}
