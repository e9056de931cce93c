import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '@sightline/app/src/config.ts';
import { createAccessTokens, generateSigningKey } from '@sightline/app/src/sessions/access-tokens.ts';
import { freePort } from '@sightline/servers/free-port.ts';
import type { Guardian } from '@sightline/servers/guardian.ts';
import { openLog, tail } from '@sightline/servers/log-file.ts';
import { identify } from '@sightline/servers/process-identity.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { beginSession } from './session.ts';

const readyMs = 30_000;
/** Between two looks at a service that starts, in milliseconds: as exactly is the start measured. */
const pollMs = 5;
/** Longer than any benchmark. */
const tokenSeconds = '86400';

/** The real service as a process of its own, which logs into a file as under a supervisor. */
export interface Service {
  readonly url: string;
  readonly metricsUrl: string;
  /** From the start of the process to the first 200 of /health/ready. */
  readonly startMs: number;
  /** A token for a user, who has to be in its database already if the token is to write. */
  tokenOf(userId: string): Promise<string>;
  stop(): Promise<void>;
}

export interface ServicePlace {
  readonly databaseUrl: string;
  /** For its log. */
  readonly folder: string;
  readonly guardian: Guardian;
}

/** Rate limits are off, for all requests come from here, and nothing is cleaned up meanwhile. */
const settings = {
  HOST: '127.0.0.1',
  MANAGEMENT_HOST: '127.0.0.1',
  ...{ RATE_LIMIT_IP: '0', RATE_LIMIT_USER: '0', RATE_LIMIT_SESSIONS: '0', MAX_REQUESTS_PER_CONNECTION: '0' },
  // One user makes all todos.
  ...{ QUOTA_TODOS: '0', QUOTA_BYTES: '0' },
  MAINTENANCE_INTERVAL_MS: '3600000',
  ACCESS_TOKEN_SECONDS: tokenSeconds,
};

/**
 * Variables of Node.js and its allocator, to try what they do:
 * `SERVICE_NODE_OPTIONS=--max-old-space-size=64`.
 */
const tried: Readonly<Record<string, string>> = {
  SERVICE_NODE_OPTIONS: 'NODE_OPTIONS',
  SERVICE_COMPILE_CACHE: 'NODE_COMPILE_CACHE',
  SERVICE_MALLOC_ARENA_MAX: 'MALLOC_ARENA_MAX',
};
const triedSettings = () =>
  Object.fromEntries(
    Object.entries(tried).flatMap(([given, name]) => {
      const value = process.env[given];
      return value ? [[name, value]] : [];
    }),
  );

let started = 0;

/** Brings a database to the schema of this checkout. Throws with what the migration printed. */
export async function migrate(databaseUrl: string): Promise<void> {
  const child = spawn(process.execPath, ['app/src/database/migrate.ts', 'up'], {
    cwd: checkout,
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The migration failed:\n${output}`);
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );
}

/**
 * Starts the service on a migrated database and waits until it is ready.
 * @throws Error with the end of its log when it doesn't become ready
 */
export async function startService({ databaseUrl, folder, guardian }: ServicePlace): Promise<Service> {
  started += 1;
  const logFile = join(folder, `service-${started}.log`);
  const [port, managementPort] = [await freePort(), await freePort()];
  const key = generateSigningKey();
  const log = openLog(logFile);
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['app/src/main.ts'], {
    cwd: checkout,
    env: {
      PATH: process.env['PATH'],
      ...triedSettings(),
      ...settings,
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      JWT_KEYS: JSON.stringify({ keys: [key] }),
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const identity = identify(child.pid ?? 0);
  if (identity) guardian.entrust({ process: identity });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    const late = performance.now() - startedAt > readyMs;
    if (late) child.kill('SIGKILL');
    if (late || child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The service did not become ready:\n${tail(logFile, 20).text}`);
    await delay(pollMs);
  }
  const startMs = performance.now() - startedAt;
  const tokens = await createAccessTokens(
    [key],
    readConfig({ DATABASE_URL: databaseUrl, ACCESS_TOKEN_SECONDS: tokenSeconds }),
  );
  return {
    url,
    metricsUrl: `http://127.0.0.1:${managementPort}/metrics`,
    startMs,
    async tokenOf(userId) {
      const sessionId = await beginSession(databaseUrl, userId);
      return (await tokens.issue({ userId, sessionId })).token;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
