import { join } from 'node:path';
import { type Load, profiles } from '@sightline/loadtest/run.ts';
import { readRecord } from '@sightline/stack/compose/record.ts';
import { addressOfStack } from '@sightline/stack/native/addresses.ts';
import type { Settings } from '@sightline/stack/native/settings.ts';

/**
 * What `make load` is told: PROFILE, TARGET (without it the running stack), DURATION in seconds, RATE in journeys a
 * second, TESTID, and REMOTE_WRITE=1 with PROMETHEUS_URL. Throws a sentence for a wrong setting.
 */
export function readLoad(environment: NodeJS.ProcessEnv, settings: Settings, now: Date): Load {
  const profile = environment['PROFILE'] || 'smoke';
  if (!profiles.includes(profile))
    throw new Error(`PROFILE is "${profile}"; there are ${profiles.join(', ')}.`);
  const elsewhere = addressOf(environment, 'TARGET');
  const target = elsewhere ?? clientsUrlOf(settings);
  if (target === undefined)
    throw new Error(
      'No API runs here. Start a stack (make up), or say where one is: make load TARGET=http://…',
    );
  return {
    profile,
    target,
    ownAddresses: elsewhere === undefined,
    directory: join(settings.stackDirectory, 'load'),
    testId: environment['TESTID'] || `${profile}-${now.toISOString().slice(0, 19)}Z`,
    seconds: numberOf(environment, 'DURATION', 'seconds'),
    rate: numberOf(environment, 'RATE', 'journeys a second'),
    prometheusUrl: remoteWrite(environment, settings),
  };
}

/** Where the running stack believes X-Forwarded-For; undefined when none runs. */
function clientsUrlOf(settings: Settings): string | undefined {
  const inDocker = readRecord(settings.stackDirectory);
  if (inDocker === undefined) return addressOfStack(settings, 'api', 'API_PORT');
  const port = inDocker.ports['API_TEST_PORT'];
  return port === undefined || !inDocker.services.includes('proxy') ? undefined : `http://127.0.0.1:${port}`;
}

function remoteWrite(environment: NodeJS.ProcessEnv, settings: Settings): string | undefined {
  const choice = environment['REMOTE_WRITE'] || '0';
  if (choice !== '0' && choice !== '1')
    throw new Error(`REMOTE_WRITE is "${choice}"; it takes 1 (send k6's metrics to Prometheus) or 0.`);
  if (choice === '0') return undefined;
  const url =
    addressOf(environment, 'PROMETHEUS_URL') ?? addressOfStack(settings, 'prometheus', 'PROMETHEUS_PORT');
  if (url !== undefined) return url;
  throw new Error('REMOTE_WRITE=1 needs a Prometheus, and none runs here: say PROMETHEUS_URL=http://…');
}

/** An address that a setting gives, without a slash at its end. Throws a sentence when it is none. */
export function addressOf(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new Error(`${name} is "${text}"; it takes an address such as http://127.0.0.1:3000.`);
}

const most = 86_400;

function numberOf(environment: NodeJS.ProcessEnv, name: string, what: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number > 0 && number <= most) return number;
  throw new Error(`${name} is "${text}"; it takes ${what}: a number above 0, ${most} at most.`);
}
