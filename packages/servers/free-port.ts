import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '@sightline/settings/cache.ts';
import { takeLock } from './lock.ts';
import { whyNotFree } from './ports.ts';

/**
 * Ports that are given to programs to listen on. They are below those that Linux takes for whoever names none (from 32768,
 * net.ipv4.ip_local_port_range) and below Kubernetes's node ports, so nobody gets one by chance before the program is up.
 */
const given = { from: 20_000, count: 10_000 } as const;

/**
 * A TCP port of 127.0.0.1 that nothing uses, and that no other process of this user is given while this one runs: a program
 * may take long until it listens.
 */
export async function freePort(): Promise<number> {
  const reserved = cacheFolder('ports');
  mkdirSync(reserved, { recursive: true });
  for (let attempt = 0; attempt < given.count; attempt += 1) {
    const port = given.from + randomInt(given.count);
    const free = takeLock(join(reserved, String(port)));
    if (free === undefined) continue;
    if ((await whyNotFree(port)) === undefined) return port;
    free();
  }
  throw new Error(`No free TCP port on 127.0.0.1, of ${given.from} to ${given.from + given.count - 1}.`);
}
