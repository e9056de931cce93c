import { randomBytes } from 'node:crypto';
import { mock } from 'node:test';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { errorFields } from '@sightline/telemetry/error-fields.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProxy } from '@sightline/testkit/proxy.ts';
import pg from 'pg';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { databaseErrorKind, databaseUnavailable } from '../../src/database/errors.ts';
import { databasePassword } from '../../src/database/password.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const {
  TEST_DATABASE_URL: url = '',
  TEST_DATABASE_ADMIN_URL: adminUrl,
  TEST_DATABASE_CA_FILE: ca,
} = process.env;
const { log } = createTestTelemetry();

/** Credentials of AWS's documentation, which open nothing. */
const credentials = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const before = { ...process.env };

function withCredentials(given: Readonly<Record<string, string>>): void {
  // No file of this machine, and no question to the address where a machine of AWS has its role.
  Object.assign(process.env, {
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...given,
  });
}

afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  mock.timers.reset();
});

/** The clock that tokens are signed by stands still; all timers go on. */
function setClock(now: string): void {
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'], now: new Date(now) });
}

const settings = (more: Readonly<Record<string, string>>) =>
  readConfig({
    DATABASE_AUTHENTICATION: 'iam',
    DATABASE_TLS: 'verify-full',
    AWS_REGION: 'eu-central-1',
    ...more,
  });

async function tokenFor(address: string): Promise<string> {
  const password = databasePassword(settings({ DATABASE_URL: address }));
  return typeof password === 'string' ? password : await password();
}

describe('a token of IAM', () => {
  const address = 'postgres://todo@db.abc123.eu-central-1.rds.amazonaws.com:5432/todo';

  test('is an address signed for fifteen minutes, this database and this user', async () => {
    withCredentials({ ...credentials, AWS_SESSION_TOKEN: 'the-session' });
    setClock('2026-11-21T10:00:00Z');
    const signed = new URL(`https://${await tokenFor(address)}`);
    expect(signed.host).toBe('db.abc123.eu-central-1.rds.amazonaws.com:5432');
    expect(Object.fromEntries(signed.searchParams)).toEqual({
      Action: 'connect',
      DBUser: 'todo',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20261121/eu-central-1/rds-db/aws4_request',
      'X-Amz-Date': '20261121T100000Z',
      'X-Amz-Expires': '900',
      'X-Amz-Security-Token': 'the-session',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
      'X-Amz-SignedHeaders': 'host',
    });
  });

  test('that cannot be made, for want of credentials, says so and what to do', async () => {
    withCredentials({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    const refused = await tokenFor(address).catch((error: unknown) => error);
    expect(errorFields(refused)).toMatchObject({
      'error.type': 'NoDatabaseToken',
      'error.message': expect.stringMatching(/no credentials of AWS: give the pod a role/),
      'error.stack_trace': expect.stringMatching(/Caused by: CredentialsProviderError/),
    });
  });

  test('is not made, and its library not asked, for who logs in by a password', () => {
    const config = readConfig({ DATABASE_URL: 'postgres://todo:secret@db.internal/todo' });
    expect(databasePassword(config)).toBe('secret');
  });
});

// Without openssl the tests' server has no certificate (packages/testkit/certificate.ts), and no token goes out without one.
const withTls = ca ? describe : describe.skip;
withTls(`logging in by IAM${ca ? '' : ' (skipped: no openssl here to make a certificate with)'}`, () => {
  const role = `iam_${randomBytes(6).toString('hex')}`;
  const address = Object.assign(new URL(url), { username: role, password: '' }).href;
  const config = () => settings({ DATABASE_URL: address, DATABASE_TLS_CA_FILE: ca ?? '' });
  const admin = new pg.Client({ connectionString: adminUrl });

  beforeAll(async () => {
    await admin.connect();
    await admin.query(`create role ${role} login`);
  });
  afterAll(async () => {
    await admin.query(`drop role ${role}`);
    await admin.end();
  });

  /** PostgreSQL lets in who brings the token of this moment, and nobody else: what RDS does. */
  async function admitOnly(token: string): Promise<void> {
    await admin.query(`alter role ${role} password ${admin.escapeLiteral(token)}`);
  }

  test('each new connection brings the token of its own moment', async () => {
    withCredentials(credentials);
    setClock('2026-11-21T10:00:00Z');
    const first = await tokenFor(address);
    const knex = openDatabase(config(), log);
    const pid = 'select pg_backend_pid() as pid';
    try {
      await admitOnly(first);
      await knex.transaction(async (busy) => {
        const { rows: earlier } = await busy.raw(pid);
        setClock('2026-11-21T10:16:00Z');
        const second = await tokenFor(address);
        expect(second).not.toBe(first);
        await admitOnly(second);
        const { rows: later } = await knex.raw(pid);
        expect(later).not.toEqual(earlier);
      });
    } finally {
      await knex.destroy();
    }
  });

  test('a token that is not taken is told as such, and not shown', async () => {
    withCredentials(credentials);
    setClock('2026-11-21T11:00:00Z');
    await admitOnly(await tokenFor(address));
    setClock('2026-11-21T11:00:01Z');
    const sent = await tokenFor(address);
    const knex = openDatabase(config(), log);
    const refused = await knex.raw('select 1').catch((error: unknown) => error);
    await knex.destroy();
    expect(databaseErrorKind(refused)).toBe('authentication');
    const told = JSON.stringify([errorFields(refused), String(refused)]);
    expect(told).toMatch(/password authentication failed/);
    expect(told).not.toContain(new URL(`https://${sent}`).searchParams.get('X-Amz-Signature'));
  });

  test('without credentials the database counts as unavailable, for a reason that is told, and is let go', async () => {
    withCredentials({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    const { hostname: host, port } = new URL(address);
    const proxy = await startProxy({ host, port: Number(port) });
    const through = Object.assign(new URL(address), { port: String(proxy.port) }).href;
    const knex = openDatabase(settings({ DATABASE_URL: through, DATABASE_TLS_CA_FILE: ca ?? '' }), log);
    const refused = await knex.raw('select 1').catch((error: unknown) => error);
    // PostgreSQL itself would wait for the password, longer than this.
    await eventually(() => proxy.open() === 0, 5000);
    await knex.destroy();
    await proxy.close();
    expect(databaseUnavailable(refused)).toBe(true);
    expect(databaseErrorKind(refused)).toBe('authentication');
    expect(String(refused)).toMatch(/no credentials of AWS/);
  });
});
