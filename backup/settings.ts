/** The settings of this folder's programs. Each reads only what it needs. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  address,
  databaseUrl,
  fitting,
  integer,
  matching,
  oneOf,
  parsed,
  port,
} from '@sightline/settings/kinds.ts';
import {
  type Environment,
  readSettings as readTable,
  type Setting,
  type ValuesOf,
} from '@sightline/settings/setting.ts';
import { Encrypter } from 'age-encryption';
import { keyId } from './signature.ts';

/** Where backups are kept. */
export type Destination =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

/** Any text, also none. */
const anyText = (takes: string) => ({ ...fitting(takes, () => true), unset: '' });

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('It is of another kind.');
  return key;
}

function destination(given: string): Destination | undefined {
  const url = new URL(given);
  if (url.search || url.hash || url.username || url.password) return undefined;
  if (url.protocol === 'file:') return { kind: 'folder', path: fileURLToPath(url) };
  if (url.protocol !== 's3:' || !url.hostname) return undefined;
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: decodeURIComponent(url.pathname)
      .split('/')
      .filter((part) => part !== '')
      .join('/'),
  };
}

/** Settings by the name of the environment variable; README.md has the same list. */
export const settings = {
  DATABASE_URL: {
    ...databaseUrl,
    secret: true,
    about:
      'What to back up; for a restore the empty database, for a restore drill one beside which it may make another.',
  },
  DATABASE_TLS: {
    ...oneOf('disable', 'require', 'verify-full'),
    unset: 'disable',
    about: 'As of the service.',
  },
  DATABASE_TLS_CA_FILE: {
    ...anyText('the path of a PEM file of certificates'),
    about: 'Certificate authorities for `verify-full`; unset means those of the system.',
  },
  POSTGRESQL_PROGRAMS: {
    ...anyText('the path of a folder'),
    about: 'Where `pg_dump` and `pg_restore` are; unset means the PATH. As new as the server, or newer.',
  },
  BACKUP_DESTINATION: {
    ...parsed('file:///folder, or s3://bucket/prefix', destination),
    about: 'Where backups are kept, of one database only. A folder has to be there.',
  },
  BACKUP_RECIPIENT: {
    ...parsed(
      'an age recipient (age1…), which `age-keygen -y` prints of an identity; several separated by commas',
      (given) => {
        const recipients = given.split(',').map((one) => one.trim());
        // Which throws for what is none: one letter that is wrong would else be found out by the first backup.
        for (const one of recipients) new Encrypter().addRecipient(one);
        return recipients;
      },
    ),
    file: true,
    about: 'For whom backups are encrypted. Who has only this cannot read them.',
  },
  BACKUP_IDENTITY: {
    ...parsed('one or more age identities (AGE-SECRET-KEY-…), a line each', (given) => {
      const identities = given.split('\n').filter((line) => /^AGE-SECRET-KEY-/.test(line.trim()));
      return identities.length > 0 ? identities.map((line) => line.trim()) : undefined;
    }),
    secret: true,
    about: 'What reads them. Only for restores and their drills.',
  },
  BACKUP_SIGNING_KEY: {
    ...parsed('a private key of Ed25519 in PEM, which `openssl genpkey -algorithm ed25519` makes', (given) =>
      ed25519(createPrivateKey(given)),
    ),
    secret: true,
    about:
      'What manifests and results of drills are signed by. Kept from the destination and from who may write there.',
  },
  BACKUP_VERIFICATION_KEYS: {
    ...parsed(
      'one or more public keys of Ed25519 in PEM, which `openssl pkey -pubout` prints of private ones',
      (given) => {
        const blocks = given.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g);
        // Of a private key Node.js would derive the public one: it has no business here.
        return blocks === null || given.includes('PRIVATE')
          ? undefined
          : blocks.map((block) => ed25519(createPublicKey(block)));
      },
    ),
    file: true,
    about: 'Whose backups are used: all others are refused.',
  },
  BACKUP: {
    ...matching('the name of a backup, or newest', /^[\w-]+$/),
    unset: 'newest',
    about: 'Which one to restore; of `sign.ts` which one to sign, or `unsigned`.',
  },
  BACKUP_KEEP_LAST: { ...integer(1, 10_000), unset: '48', about: 'How many of the newest are kept.' },
  BACKUP_KEEP_DAILY: {
    ...integer(0, 10_000),
    unset: '14',
    about: 'Of how many days, in UTC, the last one is kept beside them.',
  },
  BACKUP_KEEP_WEEKLY: {
    ...integer(0, 10_000),
    unset: '8',
    about: 'Of how many weeks, from Monday on, the last one is kept beside them.',
  },
  BACKUP_PRUNED_BY: {
    ...oneOf('backup', 'destination'),
    unset: 'backup',
    about:
      'Who removes what need not be kept: a backup, or `destination`, a rule of it, where who makes backups may remove none.',
  },
  BACKUP_ATTEMPTS: {
    ...integer(1, 20),
    unset: '4',
    about: 'How often a run is tried when storage or database are away.',
  },
  BACKUP_RETRY_MS: {
    ...integer(1, 600_000),
    unset: '5000',
    about: 'The pause before the second attempt; each is twice the last.',
  },
  S3_ENDPOINT: {
    ...parsed('http://host:port or https://…, of an S3-compatible storage', (given) =>
      given === '' || (/^https?:$/.test(new URL(given).protocol) && !new URL(given).username)
        ? given
        : undefined,
    ),
    unset: '',
    about: 'Unset means AWS.',
  },
  S3_REGION: { ...anyText('the name of a region'), unset: 'us-east-1', about: 'The region of the bucket.' },
  S3_ACCESS_KEY_ID: {
    ...anyText('the id of an access key'),
    secret: true,
    about:
      'Who may use the bucket; unset means whoever AWS says that this is, such as the role of a service account.',
  },
  S3_SECRET_ACCESS_KEY: {
    ...anyText('the secret of an access key'),
    secret: true,
    about: 'What proves it.',
  },
  S3_PART_BYTES: {
    ...integer(5 * 1024 ** 2, 1024 ** 3),
    unset: String(16 * 1024 ** 2),
    about: 'How much is sent at once, and held in memory twice. 10,000 of them are the largest backup.',
  },
  EXPORTER_HOST: {
    ...address,
    unset: '127.0.0.1',
    about: 'Address of the exporter.',
  },
  EXPORTER_PORT: { ...port, unset: '9466', about: 'Port of the exporter; 0 for a free one.' },
  EXPORTER_INTERVAL_MS: {
    ...integer(50, 3_600_000),
    unset: '30000',
    about: 'How often the exporter looks what is at the destination.',
  },
} as const satisfies Record<string, Setting<unknown> & { readonly about: string }>;

export type SettingName = keyof typeof settings;
/** The values of some settings, by the names of their variables. */
export type Values<Name extends SettingName> = ValuesOf<Pick<typeof settings, Name>>;

/** @throws SettingsError that names every wrong variable, what it got (never a secret) and what it takes */
export const readSettings = <Name extends SettingName>(
  environment: Environment,
  names: readonly Name[],
): Values<Name> =>
  readTable(
    Object.fromEntries(names.map((name) => [name, settings[name]])) as Pick<typeof settings, Name>,
    environment,
    { heading: 'The settings are wrong (backup/README.md lists all):' },
  );

/** The settings of a destination, whichever kind it is. */
export const storageSettings = [
  'BACKUP_DESTINATION',
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'S3_PART_BYTES',
] as const satisfies readonly SettingName[];

/** Those of a database and the programs that work on it. */
const databaseSettings = [
  'DATABASE_URL',
  'DATABASE_TLS',
  'DATABASE_TLS_CA_FILE',
  'POSTGRESQL_PROGRAMS',
] as const satisfies readonly SettingName[];

const patience = ['BACKUP_ATTEMPTS', 'BACKUP_RETRY_MS'] as const satisfies readonly SettingName[];

const signing = ['BACKUP_SIGNING_KEY', 'BACKUP_VERIFICATION_KEYS'] as const satisfies readonly SettingName[];

/** The settings that each program reads. */
export const settingsOf = {
  backup: [
    ...databaseSettings,
    ...storageSettings,
    ...patience,
    ...signing,
    'BACKUP_RECIPIENT',
    'BACKUP_KEEP_LAST',
    'BACKUP_KEEP_DAILY',
    'BACKUP_KEEP_WEEKLY',
    'BACKUP_PRUNED_BY',
  ],
  restore: [...databaseSettings, ...storageSettings, 'BACKUP_VERIFICATION_KEYS', 'BACKUP', 'BACKUP_IDENTITY'],
  'restore-drill': [
    ...databaseSettings,
    ...storageSettings,
    ...patience,
    ...signing,
    'BACKUP',
    'BACKUP_IDENTITY',
  ],
  sign: [...storageSettings, ...signing, 'BACKUP'],
  list: [...storageSettings, 'BACKUP_VERIFICATION_KEYS'],
  exporter: [
    ...storageSettings,
    'BACKUP_VERIFICATION_KEYS',
    'EXPORTER_HOST',
    'EXPORTER_PORT',
    'EXPORTER_INTERVAL_MS',
  ],
} as const satisfies Readonly<Record<string, readonly SettingName[]>>;

/**
 * The key to sign by.
 * @throws Error when what it signs would be refused
 */
export function signingKeyOf({
  BACKUP_SIGNING_KEY: key,
  BACKUP_VERIFICATION_KEYS: keys,
}: Values<(typeof signing)[number]>): KeyObject {
  if (keys.some((one) => keyId(one) === keyId(key))) return key;
  throw new Error(
    `BACKUP_SIGNING_KEY is the key ${keyId(key)}, which is none of BACKUP_VERIFICATION_KEYS (${keys.map(keyId).join(', ')}): what it signs would be refused. Add its public key there first, everywhere.`,
  );
}
