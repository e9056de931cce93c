import { createClient } from '@redis/client';
import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { RedisAddress } from '../config-values.ts';
import { guarded } from '../telemetry/guarded.ts';
import type { Log } from '../telemetry/log.ts';

/** How long a command may take, in milliseconds: a request waits no longer for a Redis that hangs. */
const commandTimeoutMs = 200;
/** How long a connection that answers nothing is kept, in milliseconds; asked for a sign of life twice as often. */
const silenceMs = 2000;
/** How often a Redis that is away is asked whether it is back, in milliseconds. */
const probeIntervalMs = 250;
/** Commands that may wait for their answers; more are refused at once. */
const queueLength = 5000;

/** A script with its keys and arguments, as the command EVAL takes them. */
export interface ScriptArguments {
  readonly keys: string[];
  readonly arguments: string[];
}

/** Redis, as far as this service uses it. */
export interface Redis {
  /** Whether it is there: a command is only worth sending then. */
  readonly isReady: boolean;
  /** Runs a Lua script. Rejects when Redis is away, refuses, or doesn't answer in time. */
  eval(script: string, options: ScriptArguments): Promise<unknown>;
  /** Deletes a key, rejecting as `eval` does. @returns how many there were */
  del(key: string): Promise<number>;
  close(): void;
}

/** Writes, as the scripts of the rate limits do: a replica or a full server answers a PING and takes no write. */
const probeScript = "return redis.call('set', KEYS[1], '1', 'EX', 10)";

/**
 * Connects in the background, again and again; neither a start nor a request waits for it. After a command that
 * failed or got no answer in time, Redis counts as away until a probe is answered. Logs each change.
 */
export function connectRedis(address: RedisAddress, { log, metrics }: { log: Log; metrics: Metrics }): Redis {
  const { tls, host, port, username, password, database } = address;
  const timeouts = {
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 1000),
  };
  const client = createClient({
    socket: tls ? { host, port, ...timeouts, tls } : { host, port, ...timeouts },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    pingInterval: silenceMs / 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: queueLength,
  });
  let ready: boolean | undefined;
  let timer: NodeJS.Timeout | undefined;
  metrics.beforeScrape(() => metrics.set('rate_limit_redis_up', {}, ready ? 1 : 0));

  const probe = () => client.eval(probeScript, { keys: ['sightline:probe'] });

  function arrive(): void {
    if (ready) return;
    ready = true;
    log.write('redis-up');
  }

  const leave = guarded(log, 'redis', (error: unknown) => {
    if (ready === false || !client.isOpen) return;
    ready = false;
    lookAgain();
    log.writeError('redis-down', error);
  });

  function lookAgain(): void {
    if (client.isOpen) timer = setTimeout(look, probeIntervalMs);
  }

  const look = guarded(log, 'redis', () => probe().then(arrive, lookAgain));
  client.once(
    'ready',
    guarded(log, 'redis', () => probe().then(arrive, leave)),
  );
  client.on('error', leave);
  // Each failed attempt was an 'error' event already.
  client.connect().catch(() => {});

  return {
    get isReady() {
      return ready === true;
    },
    async eval(script, options) {
      const timeout = Promise.withResolvers<never>();
      // The client's own command timeout ends when the command is sent; a Redis that hangs takes it and is silent.
      const patience = setTimeout(
        () => timeout.reject(new Error(`no answer within ${commandTimeoutMs} ms`)),
        commandTimeoutMs,
      );
      try {
        return await Promise.race([client.eval(script, options), timeout.promise]);
      } catch (error) {
        leave(error);
        throw error;
      } finally {
        clearTimeout(patience);
      }
    },
    del(key) {
      return this.eval("return redis.call('del', KEYS[1])", {
        keys: [key],
        arguments: [],
      }) as Promise<number>;
    },
    close() {
      clearTimeout(timer);
      client.destroy();
    },
  };
}
