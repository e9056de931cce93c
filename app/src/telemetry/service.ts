import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { serviceName } from '@sightline/contract/signals.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The service as an emitter: the same in spans as in whatever else names it. */
export const service = {
  name: serviceName,
  version,
  /** Id of this process: another one, also after a restart, has another. */
  instanceId: randomUUID(),
} as const;
