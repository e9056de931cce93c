import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SettingsError } from '@sightline/settings/setting.ts';
import { readConfig } from '../src/config.ts';
import { generateSigningKey } from '../src/sessions/access-tokens.ts';

const DATABASE_URL = 'postgres://todo:p%40ss@db.internal:6432/todos';
const key = generateSigningKey();
const { d: _private, ...publicKey } = key;
const keySet = (...keys: object[]) => JSON.stringify({ keys });

/** The lines that a configuration is refused with. */
function refusals(environment: Record<string, string>): readonly string[] {
  try {
    readConfig({ DATABASE_URL, ...environment });
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).problems;
  }
}

describe('the configuration', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('needs the address of the database and nothing else', () => {
    expect(readConfig({ DATABASE_URL })).toMatchObject({
      NODE_ENV: 'development',
      PORT: 3000,
      MANAGEMENT_PORT: 9464,
    });
  });

  test('is frozen', () => {
    expect(Object.isFrozen(readConfig({ DATABASE_URL }))).toBe(true);
  });

  test('takes the database URL apart, percent-encoding included', () => {
    expect(readConfig({ DATABASE_URL }).DATABASE_URL).toEqual({
      host: 'db.internal',
      port: 6432,
      database: 'todos',
      user: 'todo',
      password: 'p@ss',
    });
  });

  test.each([
    ['redis://redis', { tls: false, host: 'redis', port: 6379, database: 0 }],
    [
      'rediss://limits:p%40ss@[2001:db8::1]:6380/2',
      { tls: true, host: '2001:db8::1', port: 6380, username: 'limits', password: 'p@ss', database: 2 },
    ],
  ])('takes the Redis URL apart: %s', (url, address) => {
    expect(readConfig({ DATABASE_URL, REDIS_URL: url }).REDIS_URL).toEqual(address);
  });

  test('takes proxies as addresses and ranges of either family', () => {
    const proxies = '10.0.4.0/22, 192.0.2.1,2001:db8::/32,::1';
    expect(readConfig({ DATABASE_URL, TRUSTED_PROXIES: proxies }).TRUSTED_PROXIES).toEqual([
      '10.0.4.0/22',
      '192.0.2.1',
      '2001:db8::/32',
      '::1',
    ]);
  });

  test.each([
    ...[
      '10.0.0.0/8',
      '10.1.2.3/8',
      '8.0.0.0/5',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '100.64.0.0/10',
      '128.0.0.0/1',
    ],
    ...['::ffff:10.0.0.0/104', '::ffff:0:0/96', '::/1', 'fc00::/7', 'fd00::/8', 'f000::/4'],
  ])('takes no whole private network for proxies: %s', (network) => {
    expect(refusals({ TRUSTED_PROXIES: `192.0.2.1,${network}` })).toEqual([
      `TRUSTED_PROXIES is "192.0.2.1,${network}", of which "${network}" is wrong; it takes IP addresses and ranges ` +
        'such as 10.0.4.0/22, but no whole private network such as 10.0.0.0/8, separated by commas.',
    ]);
  });

  test.each([
    '10.0.0.0/20',
    '172.31.0.0/16',
    '192.168.1.0/24',
    '11.0.0.0/8',
    '::ffff:10.0.0.0/116',
    'fd12::/48',
  ])('takes a part of a private network, or a public one, for proxies: %s', (network) => {
    expect(readConfig({ DATABASE_URL, TRUSTED_PROXIES: network }).TRUSTED_PROXIES).toEqual([network]);
  });

  test('takes an empty variable for an unset one', () => {
    expect(readConfig({ DATABASE_URL, PORT: '' }).PORT).toBe(3000);
  });

  test('copies logs only to an Elasticsearch on this machine, and not in production', () => {
    const copy = { LOG_DESTINATION: 'elasticsearch' };
    expect(refusals(copy)).toEqual([]);
    for (const ELASTICSEARCH_URL of ['http://localhost:9201', 'http://[::1]:9200/'])
      expect(refusals({ ...copy, ELASTICSEARCH_URL })).toEqual([]);
    for (const address of [
      'logs:9200',
      'https://127.0.0.1',
      'http://127.0.0.1.example',
      'http://127.0.0.1/a',
    ])
      expect(refusals({ ...copy, ELASTICSEARCH_URL: address })).toEqual([
        `ELASTICSEARCH_URL is "${address}"; LOG_DESTINATION=elasticsearch takes http://host:port of this ` +
          'machine, such as http://127.0.0.1:9200, without user and path.',
      ]);
    const [problem] = refusals({ ...copy, ELASTICSEARCH_URL: 'http://me:secret@127.0.0.1:9200' });
    expect(problem).toMatch(/^ELASTICSEARCH_URL is "http:\/\/…@127\.0\.0\.1:9200"/);
    // Where nothing is copied, it may be there for other programs.
    expect(refusals({ ELASTICSEARCH_URL: 'https://logs.example' })).toEqual([]);
    expect(refusals({ ...copy, NODE_ENV: 'production', JWT_KEYS: keySet(key) })).toEqual([
      expect.stringMatching(/^LOG_DESTINATION is "elasticsearch", .* production writes to stdout/),
    ]);
  });

  test.each([
    ['PORT', 'abc', /^PORT is "abc"; it takes a port from 1 to 65535/],
    ['PORT', '-1', /^PORT is "-1"/],
    ['PORT', '65536', /^PORT is "65536"/],
    ['PORT', '3000.5', /^PORT is "3000.5"/],
    ['PORT', ' 3000', /^PORT is " 3000"/],
    ['HOST', 'localhost', /^HOST is "localhost"; it takes an IP address/],
    ['NODE_ENV', 'prod', /^NODE_ENV is "prod"; it takes one of development, test, production\.$/],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL is "loud"/],
    ['DATABASE_TLS', 'yes', /^DATABASE_TLS is "yes"; it takes one of disable, require, verify-full\.$/],
    ['CORS_ORIGINS', 'https://a.example/path', /^CORS_ORIGINS is/],
    ['CORS_ORIGINS', '*', /^CORS_ORIGINS is/],
    ['MANAGEMENT_PORT', '3000', /^MANAGEMENT_PORT is 3000, which is PORT too/],
    [
      'DATABASE_TLS_CA_FILE',
      'none.pem',
      /^DATABASE_TLS_CA_FILE is "none.pem"; it takes the path of a readable PEM/,
    ],
    ['ARGON2_CONCURRENCY', '4', /^ARGON2_CONCURRENCY is 4, which leaves none of the 4 threads/],
    ['UV_THREADPOOL_SIZE', '1', /^ARGON2_CONCURRENCY is 1, which leaves none of the 1 threads/],
    ['TRUSTED_PROXIES', 'proxy.internal', /^TRUSTED_PROXIES is "proxy.internal"; it takes IP addresses/],
    [
      'TRUSTED_PROXIES',
      '10.0.0.0/22, 10.0.0.300',
      /, of which "10.0.0.300" is wrong; it takes IP addresses and ranges/,
    ],
    ['TRUSTED_PROXIES', '10.0.0.0/33', /^TRUSTED_PROXIES is "10.0.0.0\/33"/],
    ['TRUSTED_PROXIES', '0.0.0.0/0', /^TRUSTED_PROXIES is/],
    ['TRUSTED_PROXIES', '2001:db8::/129', /^TRUSTED_PROXIES is/],
    ['TRUSTED_PROXIES', '10', /^TRUSTED_PROXIES is/],
    ['TRUSTED_PROXIES', '10.0.0.1,', /, of which "" is wrong/],
    ['TRUSTED_PROXY_HOPS', '0', /^TRUSTED_PROXY_HOPS is "0"; it takes an integer from 1 to 10/],
    ['RATE_LIMIT_IP', '-1', /^RATE_LIMIT_IP is "-1"; it takes an integer from 0 to/],
    ['HEADERS_TIMEOUT_MS', '60000', /^HEADERS_TIMEOUT_MS is 60000, more than RECEIVE_TIMEOUT_MS \(30000\)/],
    ['REQUEST_TIMEOUT_MS', '30000', /^STALL_TIMEOUT_MS is 30000; it must be more than REQUEST_TIMEOUT_MS/],
  ])('names %s=%j, what it got and what it takes', (name, value, expected) => {
    expect(refusals({ [name]: value })).toEqual([expect.stringMatching(expected)]);
  });

  test.each([
    ['DATABASE_URL', 'mysql://root:hunter2@db/todos'],
    ['DATABASE_URL', 'postgres://todo:hunter2@db/'],
    ['DATABASE_URL', 'postgres://todo:hunter2@db/todos?sslmode=disable'],
    ['DATABASE_URL', 'postgres://todo:hunter2%zz@db/todos'],
    ['DATABASE_URL', 'hunter2'],
    ['REDIS_URL', 'http://:hunter2@redis'],
    ['REDIS_URL', 'redis://:hunter2@redis/names'],
    ['REDIS_URL', 'redis://:hunter2@redis?db=1'],
    ['REDIS_URL', 'redis://:hunter2%zz@redis'],
    ['REDIS_URL', 'hunter2'],
    ['JWT_KEYS', 'hunter2'],
    ['JWT_KEYS', '{"keys":["hunter2"]}'],
    ['JWT_KEYS', keySet()],
    ['JWT_KEYS', keySet({ ...key, d: 'hunter2', x: 'hunter2' })],
    ['JWT_KEYS', keySet({ kty: 'oct', kid: 'a', k: 'hunter2' })],
    ['JWT_KEYS', keySet(publicKey)],
    ['JWT_KEYS', keySet(key, key)],
  ])('refuses %s=%j without showing it', (name, value) => {
    const lines = refusals({ [name]: value });
    expect(lines).toEqual([expect.stringMatching(`^${name} has a value that isn't shown`)]);
    expect(lines.join()).not.toContain('hunter2');
  });

  test('takes proxies by their addresses or by their number, not by both', () => {
    expect(refusals({ TRUSTED_PROXIES: '192.0.2.1', TRUSTED_PROXY_HOPS: '1' })).toEqual([
      expect.stringMatching(/^TRUSTED_PROXY_HOPS is set, and so is TRUSTED_PROXIES; .*set one of them\.$/),
    ]);
  });

  test('names every wrong variable at once', () => {
    expect(refusals({ PORT: 'x', LOG_LEVEL: 'x', DATABASE_URL: '' })).toHaveLength(3);
  });

  test('takes a secret from a file, without the newline at its end', async () => {
    const file = join(folder, 'url');
    await writeFile(file, `${DATABASE_URL}\n`);
    expect(readConfig({ DATABASE_URL_FILE: file }).DATABASE_URL.host).toBe('db.internal');
  });

  test('names the file of a secret that cannot be read', () => {
    expect(refusals({ JWT_KEYS_FILE: join(folder, 'none') })).toEqual([
      expect.stringMatching(/^JWT_KEYS_FILE is ".*none", which can't be read: ENOENT/),
    ]);
  });

  test('refuses authorities that nothing would be checked against', async () => {
    const file = join(folder, 'ca.pem');
    await writeFile(file, '-----BEGIN CERTIFICATE-----');
    expect(refusals({ DATABASE_TLS_CA_FILE: file })).toEqual([
      expect.stringMatching(/^DATABASE_TLS_CA_FILE is set, but DATABASE_TLS is disable/),
    ]);
  });

  test.each([
    ['DATABASE_TLS', { DATABASE_TLS: 'require' }, /^DATABASE_TLS is require; .*verify-full only/],
    ['AWS_REGION', { AWS_REGION: '' }, /^AWS_REGION is not set; DATABASE_AUTHENTICATION=iam signs/],
    ['DATABASE_URL', { DATABASE_URL }, /^DATABASE_URL has a password, which DATABASE_AUTHENTICATION=iam/],
  ])('authentication by IAM refuses a %s that does not go with it', (_name, wrong, expected) => {
    const fitting = {
      DATABASE_AUTHENTICATION: 'iam',
      DATABASE_TLS: 'verify-full',
      AWS_REGION: 'eu-central-1',
      DATABASE_URL: 'postgres://todo@db.internal/todos',
    };
    expect(refusals(fitting)).toEqual([]);
    expect(refusals({ ...fitting, ...wrong })).toEqual([expect.stringMatching(expected)]);
  });

  test('refuses a secret given both ways', () => {
    expect(refusals({ DATABASE_URL_FILE: 'somewhere' })).toEqual([
      'DATABASE_URL is set, and so is DATABASE_URL_FILE; set one of them.',
    ]);
  });

  test('takes a set of keys of which only the first is private', () => {
    const { JWT_KEYS } = readConfig({ DATABASE_URL, JWT_KEYS: keySet(key, { ...publicKey, kid: 'older' }) });
    expect(JWT_KEYS?.map(({ kid }) => kid)).toEqual([key.kid, 'older']);
  });

  test('in production refuses generated keys and the demo user', () => {
    expect(refusals({ NODE_ENV: 'production', DEMO_USER_PASSWORD: 'hunter2hunter2' })).toEqual([
      expect.stringMatching(/^JWT_KEYS is not set; production takes no generated keys/),
      'DEMO_USER_PASSWORD is set; production takes no demo user, so unset it.',
    ]);
  });

  test('in production refuses to be broken on purpose', () => {
    const environment = { NODE_ENV: 'production', JWT_KEYS: keySet(key) };
    expect(refusals({ ...environment, FAULT_INJECTION: 'on' })).toEqual([
      'FAULT_INJECTION is on; production is not broken on purpose, so turn it off.',
    ]);
    expect(refusals({ ...environment, FAULT_INJECTION: 'off' })).toEqual([]);
  });

  test('in production takes given keys', () => {
    expect(refusals({ NODE_ENV: 'production', JWT_KEYS: keySet(key) })).toEqual([]);
  });
});
