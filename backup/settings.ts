/** What the programs of this folder are told by their environment. Each reads only what it needs. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Encrypter } from 'age-encryption';
import { keyId } from './signature.ts';

/** Where PostgreSQL is. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Where backups are kept. */
export type Destination =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

interface Setting<Value> {
  /** Completes the sentence "NAME takes …". */
  readonly takes: string;
  readonly about: string;
  /** The text used when the variable is unset or empty. Without one it has to be set. */
  readonly unset?: string;
  /** May also be given as `NAME_FILE`, the path of a file that holds it. */
  readonly file?: true;
  /** Never printed. */
  readonly secret?: true;
  /** Text to value. Refuses a text by `undefined` or by throwing. */
  readonly parse: (text: string) => Value | undefined;
}

const integer = (least: number, most: number) => ({
  takes: `a whole number from ${least} to ${most}`,
  parse: (text: string) =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined,
});

/** Any text, also none. */
const text = (takes: string) => ({ takes, unset: '', parse: (given: string) => given });

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('It is of another kind.');
  return key;
}

function databaseAddress(given: string): DatabaseAddress | undefined {
  const url = new URL(given);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (!/^postgres(ql)?:$/.test(url.protocol) || !url.hostname || !database || url.search) return undefined;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 5432),
    database,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
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

/** By the name of the environment variable; README.md has the same list. */
export const settings = {
  DATABASE_URL: {
    file: true,
    takes: 'postgres://user:password@host:port/database, with no ?options',
    secret: true,
    parse: databaseAddress,
    about:
      'What to back up; for a restore the empty database, for a restore drill one beside which it may make another.',
  },
  DATABASE_TLS: {
    takes: 'disable, require or verify-full',
    unset: 'disable',
    parse: (given: string) => (['disable', 'require', 'verify-full'] as const).find((one) => one === given),
    about: 'As of the service.',
  },
  DATABASE_TLS_CA_FILE: {
    ...text('the path of a PEM file of certificates'),
    about: 'Certificate authorities for `verify-full`; unset means those of the system.',
  },
  POSTGRESQL_PROGRAMS: {
    ...text('the path of a folder'),
    about: 'Where `pg_dump` and `pg_restore` are; unset means the PATH. As new as the server, or newer.',
  },
  BACKUP_DESTINATION: {
    takes: 'file:///folder, or s3://bucket/prefix',
    parse: destination,
    about: 'Where backups are kept, of one database only. A folder has to be there.',
  },
  BACKUP_RECIPIENT: {
    file: true,
    takes:
      'an age recipient (age1…), which `age-keygen -y` prints of an identity; several separated by commas',
    parse: (given: string) => {
      const recipients = given.split(',').map((one) => one.trim());
      // Which throws for what is none: one letter that is wrong would else be found out by the first backup.
      for (const one of recipients) new Encrypter().addRecipient(one);
      return recipients;
    },
    about: 'For whom backups are encrypted. Who has only this cannot read them.',
  },
  BACKUP_IDENTITY: {
    file: true,
    takes: 'one or more age identities (AGE-SECRET-KEY-…), a line each',
    secret: true,
    parse: (given: string) => {
      const identities = given.split('\n').filter((line) => /^AGE-SECRET-KEY-/.test(line.trim()));
      return identities.length > 0 ? identities.map((line) => line.trim()) : undefined;
    },
    about: 'What reads them. Only for restores and their drills.',
  },
  BACKUP_SIGNING_KEY: {
    file: true,
    takes: 'a private key of Ed25519 in PEM, which `openssl genpkey -algorithm ed25519` makes',
    secret: true,
    parse: (given: string) => ed25519(createPrivateKey(given)),
    about:
      'What manifests and results of drills are signed by. Kept from the destination and from who may write there.',
  },
  BACKUP_VERIFICATION_KEYS: {
    file: true,
    takes: 'one or more public keys of Ed25519 in PEM, which `openssl pkey -pubout` prints of private ones',
    parse: (given: string) => {
      const blocks = given.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g);
      // Of a private key Node.js would derive the public one: it has no business here.
      return blocks === null || given.includes('PRIVATE')
        ? undefined
        : blocks.map((block) => ed25519(createPublicKey(block)));
    },
    about: 'Whose backups are used: all others are refused.',
  },
  BACKUP: {
    takes: 'the name of a backup, or newest',
    unset: 'newest',
    parse: (given: string) => (/^[\w-]+$/.test(given) ? given : undefined),
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
    takes: 'backup or destination',
    unset: 'backup',
    parse: (given: string) => (['backup', 'destination'] as const).find((one) => one === given),
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
    takes: 'http://host:port or https://…, of an S3-compatible storage',
    unset: '',
    parse: (given: string) =>
      given === '' || (/^https?:$/.test(new URL(given).protocol) && !new URL(given).username)
        ? given
        : undefined,
    about: 'Unset means AWS.',
  },
  S3_REGION: { ...text('the name of a region'), unset: 'us-east-1', about: 'The region of the bucket.' },
  S3_ACCESS_KEY_ID: {
    ...text('the id of an access key'),
    file: true,
    secret: true,
    about:
      'Who may use the bucket; unset means whoever AWS says that this is, such as the role of a service account.',
  },
  S3_SECRET_ACCESS_KEY: {
    ...text('the secret of an access key'),
    file: true,
    secret: true,
    about: 'What proves it.',
  },
  S3_PART_BYTES: {
    ...integer(5 * 1024 ** 2, 1024 ** 3),
    unset: String(16 * 1024 ** 2),
    about: 'How much is sent at once, and held in memory twice. 10,000 of them are the largest backup.',
  },
  EXPORTER_HOST: {
    takes: 'an IP address to listen on',
    unset: '127.0.0.1',
    parse: (given: string) => (isIP(given) === 0 ? undefined : given),
    about: 'Address of the exporter.',
  },
  EXPORTER_PORT: { ...integer(0, 65_535), unset: '9466', about: 'Port of the exporter; 0 for a free one.' },
  EXPORTER_INTERVAL_MS: {
    ...integer(50, 3_600_000),
    unset: '30000',
    about: 'How often the exporter looks what is at the destination.',
  },
} as const satisfies Record<string, Setting<unknown>>;

type Table = typeof settings;
export type SettingName = keyof Table;
type ValueOf<Name extends SettingName> = Exclude<ReturnType<Table[Name]['parse']>, undefined>;
/** The values of some settings, by the names of their variables. */
export type Values<Name extends SettingName> = { readonly [Each in Name]: ValueOf<Each> };

type Environment = Readonly<Record<string, string | undefined>>;

function textOf(name: string, { file: byFile, unset }: Setting<unknown>, environment: Environment) {
  const file = byFile ? environment[`${name}_FILE`] : undefined;
  if (!file) return environment[name] || unset;
  if (environment[name]) throw new Error(`${name} is set, and so is ${name}_FILE; set one of them.`);
  try {
    return readFileSync(resolve(file), 'utf8').trim();
  } catch (error) {
    throw new Error(`${name}_FILE is "${file}", which can't be read: ${(error as Error).message}`);
  }
}

function parsed(name: string, setting: Setting<unknown>, environment: Environment): unknown {
  const given = textOf(name, setting, environment);
  if (given === undefined) throw new Error(`${name} is not set; it takes ${setting.takes}.`);
  let value: unknown;
  try {
    value = setting.parse(given);
  } catch {
    // What it takes says enough, and the error could quote a secret.
  }
  if (value !== undefined) return value;
  const got = setting.secret ? "has a value that isn't shown, since it is a secret" : `is "${given}"`;
  throw new Error(`${name} ${got}; it takes ${setting.takes}.`);
}

/** Throws one error that names every wrong variable, what it got (never a secret) and what it takes. */
export function readSettings<Name extends SettingName>(
  environment: Environment,
  names: readonly Name[],
): Values<Name> {
  const problems: string[] = [];
  const values: Partial<Record<Name, unknown>> = {};
  for (const name of names) {
    try {
      values[name] = parsed(name, settings[name], environment);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length > 0)
    throw new Error(['The settings are wrong (backup/README.md lists all):', ...problems].join('\n  '));
  return values as Values<Name>;
}

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

/** What each program reads. */
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
