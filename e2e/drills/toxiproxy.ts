/** Toxiproxy: what it stands in front of, and how it is told to do harm (github.com/Shopify/toxiproxy, HTTP API). */
import { portOf, type Settings } from '@sightline/stack/native/settings.ts';

/**
 * Proxies by name: the setting of the port it listens on, that port, and the setting of the port it leads to.
 */
export const proxies = {
  postgresql: { setting: 'DATABASE_PROXY_PORT', port: 25_432, upstream: 'POSTGRES_PORT' },
  elasticsearch: { setting: 'ELASTICSEARCH_PROXY_PORT', port: 29_200, upstream: 'ELASTICSEARCH_PORT' },
  alertmanager: { setting: 'ALERTMANAGER_PROXY_PORT', port: 29_093, upstream: 'ALERTMANAGER_PORT' },
  /** The way of Watchdog's heartbeat from Alertmanager. */
  heartbeat: { setting: 'HEARTBEAT_PROXY_PORT', port: 29_095, upstream: 'WEBHOOK_PORT' },
} as const;
export type ProxyName = keyof typeof proxies;

/** A connection that drills can break. */
export interface FaultyWay {
  /** Ends connections and refuses new ones. */
  cut(): Promise<void>;
  /** Lets everything through again, without delay. */
  mend(): Promise<void>;
  /** Holds back what comes from upstream. */
  delay(milliseconds: number): Promise<void>;
  /** Takes connections and lets nothing through, so that whoever waits goes on waiting. */
  swallow(): Promise<void>;
}

/** @throws Error with what Toxiproxy answered */
async function tell(url: string, method: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(60_000),
  });
  // A toxic that isn't there needn't be removed.
  if (!response.ok && !(method === 'DELETE' && response.status === 404))
    throw new Error(`Toxiproxy: ${method} ${url} answers ${response.status}: ${await response.text()}`);
}

/** Where Toxiproxy says of all proxies what they do. */
export const proxiesUrl = (settings: Settings): string =>
  `http://127.0.0.1:${portOf(settings, 'TOXIPROXY_PORT')}/proxies`;

/** The proxy of a running stack. */
export function proxyOf(settings: Settings, name: ProxyName): FaultyWay {
  const url = `${proxiesUrl(settings)}/${name}`;
  const kinds = ['latency', 'timeout'] as const;
  const add = (type: (typeof kinds)[number], attributes: object) =>
    tell(`${url}/toxics`, 'POST', { name: type, type, stream: 'downstream', attributes });
  return {
    cut: () => tell(url, 'POST', { enabled: false }),
    async mend() {
      await tell(url, 'POST', { enabled: true });
      for (const kind of kinds) await tell(`${url}/toxics/${kind}`, 'DELETE');
    },
    delay: (milliseconds) => add('latency', { latency: milliseconds }),
    swallow: () => add('timeout', { timeout: 0 }),
  };
}
