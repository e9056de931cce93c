import { join } from 'node:path';
import { type Load, profiles } from '@sightline/loadtest/run.ts';
import { flag, oneOf, optional, positive, serverUrl, text } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';
import { readRecord } from '@sightline/stack/compose/record.ts';
import { addressOfStack } from '@sightline/stack/native/addresses.ts';
import type { Settings } from '@sightline/stack/native/settings.ts';

const settings = {
  PROFILE: { ...oneOf(...profiles), unset: 'smoke' },
  TARGET: optional(serverUrl('http://127.0.0.1:3000')),
  DURATION: optional(positive('seconds', 86_400)),
  RATE: optional(positive('journeys a second', 86_400)),
  TESTID: optional(text('a name for the run')),
  // Whether k6's metrics are sent to Prometheus.
  REMOTE_WRITE: { ...flag, unset: '0' },
  PROMETHEUS_URL: optional(serverUrl('http://127.0.0.1:9090')),
};

/**
 * Reads the settings of `make load`: PROFILE, TARGET (without it the running stack), DURATION in seconds,
 * RATE in journeys a second, TESTID, and REMOTE_WRITE=1 with PROMETHEUS_URL.
 * @throws Error with a sentence for each wrong setting, or for a stack that doesn't run
 */
export function readLoad(environment: Environment, stack: Settings, now: Date): Load {
  const given = readSettings(settings, environment);
  const target = given.TARGET ?? clientsUrlOf(stack);
  if (target === undefined)
    throw new Error(
      'No API runs here. Start a stack (make up), or say where one is: make load TARGET=http://…',
    );
  const prometheusUrl = given.PROMETHEUS_URL ?? addressOfStack(stack, 'prometheus', 'PROMETHEUS_PORT');
  if (given.REMOTE_WRITE && prometheusUrl === undefined)
    throw new Error('REMOTE_WRITE=1 needs a Prometheus, and none runs here: say PROMETHEUS_URL=http://…');
  return {
    profile: given.PROFILE,
    target,
    ownAddresses: given.TARGET === undefined,
    directory: join(stack.stackDirectory, 'load'),
    testId: given.TESTID ?? `${given.PROFILE}-${now.toISOString().slice(0, 19)}Z`,
    seconds: given.DURATION,
    rate: given.RATE,
    prometheusUrl: given.REMOTE_WRITE ? prometheusUrl : undefined,
  };
}

/** Where the running stack believes X-Forwarded-For; undefined when none runs. */
function clientsUrlOf(settings: Settings): string | undefined {
  const inDocker = readRecord(settings.stackDirectory);
  if (inDocker === undefined) return addressOfStack(settings, 'api', 'API_PORT');
  const port = inDocker.ports['API_TEST_PORT'];
  return port === undefined || !inDocker.services.includes('proxy') ? undefined : `http://127.0.0.1:${port}`;
}
