/** Rate limits are in every stack what they are in production, and whom a stack believes X-Forwarded-For. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '@sightline/app/src/config.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { readRawFile } from '@sightline/stack/compose/file.ts';
import { writeRecord } from '@sightline/stack/compose/record.ts';
import { type ComponentTable, named } from '@sightline/stack/native/component.ts';
import { table as native } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { parse } from 'yaml';
import { table as drills } from '../drills/components.ts';
import { readLoad } from '../load/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-limits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Environment = Readonly<Record<string, string | undefined>>;
const settingsOf = ({ components }: ComponentTable) => readSettings(components, { STACK_DIR: folder });
const launched = (table: ComponentTable): Environment =>
  named(table.components, 'api').launch(settingsOf(table)).env ?? {};

/** The environment that compose gives to the API where nothing is set. */
function composed(): Environment {
  const { environment = {} } = readRawFile().services['api-1'] ?? {};
  return Object.fromEntries(
    Object.entries(environment as Record<string, string>).map(([name, value]) => [
      name,
      String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'),
    ]),
  );
}

/** The settings that the local overlay adds to those of production. */
function overlaid(): Environment {
  const file = readFileSync(join(checkout, 'kubernetes/overlays/local/kustomization.yaml'), 'utf8');
  const { configMapGenerator } = parse(file) as { configMapGenerator: { literals: string[] }[] };
  return Object.fromEntries(
    configMapGenerator.flatMap(({ literals }) => literals.map((literal) => literal.split(/=(.*)/s))),
  );
}

const stacks: Readonly<Record<string, () => Environment>> = {
  native: () => launched(native),
  'of drills, chaos and logs-outage': () => launched(drills),
  'of containers': composed,
};

const DATABASE_URL = 'postgres://nobody@127.0.0.1/none';
const limits = (environment: Environment) =>
  Object.entries(readConfig({ DATABASE_URL, ...environment })).filter(([name]) =>
    name.startsWith('RATE_LIMIT_'),
  );
const only = (environment: Environment, prefix: string) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith(prefix)));

describe.each(Object.entries(stacks))('the stack %s', (_, environmentOf) => {
  test('has the rate limits that the API has by default', () => {
    expect(limits({}).length).toBeGreaterThan(5);
    expect(limits(only(environmentOf(), 'RATE_LIMIT_'))).toEqual(limits({}));
  });
});

test('the stack on a local Kubernetes counts by user and password, since a port of the node hides addresses', () => {
  const byAddress = { RATE_LIMIT_IP: 0, RATE_LIMIT_SESSIONS: 0 };
  expect(limits(only(overlaid(), 'RATE_LIMIT_'))).toEqual(
    Object.entries({ ...Object.fromEntries(limits({})), ...byAddress }),
  );
});

test('a native stack believes nobody but this machine', () => {
  for (const table of [native, drills]) expect(launched(table)['TRUSTED_PROXIES']).toBe('127.0.0.1,::1');
});

describe('the proxy of the containers', () => {
  const frontends = readFileSync(join(checkout, 'stack/compose/haproxy.cfg'), 'utf8')
    .split(/^(?=\w)/m)
    .filter((section) => section.startsWith('frontend '));
  const portOf = (section: string) => /bind :(\d+)/.exec(section)?.[1];

  test('takes X-Forwarded-For away at the public port, and keeps it at the one for tests', () => {
    const named = (line: RegExp) => frontends.filter((section) => line.test(section)).map(portOf);
    expect(frontends.map(portOf)).toEqual(['3000', '3002']);
    expect(named(/^ {2}http-request del-header x-forwarded-for$/m)).toEqual(['3000']);
    expect(named(/^ {2}option forwardfor$/m)).toEqual(['3000']);
    // Behind a tester's address another one would be the last, which is the one the API believes.
    expect(named(/^ {2}option forwardfor if-none$/m)).toEqual(['3002']);
  });

  test('has the one for tests on loopback only', () => {
    expect(readRawFile().services['proxy']?.['ports']).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:.*\bAPI_PORT\b.*:3000$/),
      expect.stringMatching(/^127\.0\.0\.1:.*\bAPI_TEST_PORT\b.*:3002$/),
    ]);
  });
});

describe('make load', () => {
  const settings = settingsOf(native);
  const load = (environment: Environment) => readLoad(environment, settings, new Date());

  test('tells an API elsewhere nothing of where its users come from', () => {
    expect(load({ TARGET: 'https://todo.example' })).toMatchObject({ ownAddresses: false });
  });

  test("goes by the containers' port for tests, where each user has an address of its own", () => {
    const ports = { API_PORT: 3100, API_TEST_PORT: 3102 };
    writeRecord(folder, { isRunning: true, ports, services: ['proxy'] });
    expect(load({})).toMatchObject({ target: 'http://127.0.0.1:3102', ownAddresses: true });
    writeRecord(folder, { isRunning: true, ports, services: ['postgresql'] });
    expect(() => load({})).toThrow('No API runs here.');
  });
});
