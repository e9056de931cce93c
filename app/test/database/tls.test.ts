import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { databaseUnavailable } from '../../src/database/errors.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const { TEST_DATABASE_URL: url = '', TEST_DATABASE_CA_FILE: ca } = process.env;
const { log } = createTestTelemetry();

/** Whether the connection that these settings make is encrypted. Throws when they make none. */
async function encrypted(environment: Record<string, string>): Promise<boolean> {
  const knex = openDatabase(readConfig({ DATABASE_URL: url, ...environment }), log);
  try {
    const { rows } = await knex.raw('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    return rows[0].ssl;
  } finally {
    await knex.destroy();
  }
}

const named = (host: string) => Object.assign(new URL(url), { hostname: host }).href;

// Without openssl the tests' server has no certificate (packages/testkit/certificate.ts).
const withTls = ca ? describe : describe.skip;
withTls(`TLS to the database${ca ? '' : ' (skipped: no openssl here to make a certificate with)'}`, () => {
  test.each([
    ['disable', {}, false],
    ['require', {}, true],
    ['verify-full', { DATABASE_TLS_CA_FILE: ca ?? '' }, true],
  ])('%s connects; encrypted: %j %j', async (mode, more, expected) => {
    expect(await encrypted({ DATABASE_TLS: mode, ...more })).toBe(expected);
  });

  test.each([
    ['an authority it does not know', {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'another name than it asked for',
      { DATABASE_URL: named('localhost'), DATABASE_TLS_CA_FILE: ca ?? '' },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('verify-full refuses a server with a certificate of %s', async (_name, more, code) => {
    const refused = await encrypted({ DATABASE_TLS: 'verify-full', ...more }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code });
    expect(databaseUnavailable(refused)).toBe(true);
  });
});
