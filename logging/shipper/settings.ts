import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { StoreSettings } from './elasticsearch.ts';

/** One environment variable: what it takes, what it is when unset, and what it is for. */
interface Setting<Value> {
  /** Completes the sentence "NAME takes …". */
  readonly takes: string;
  readonly about: string;
  /** The text used when the variable is unset or empty. Without one the variable has to be set. */
  readonly unset?: string;
  /** Never printed; may also be given as `NAME_FILE`, the path of a file that holds it. */
  readonly secret?: true;
  /** Text to value. Refuses a text by `undefined` or by throwing. */
  readonly parse: (text: string) => Value | undefined;
}

type Kind<Value> = Pick<Setting<Value>, 'takes' | 'parse'>;

const integer = (least: number, most: number): Kind<number> => ({
  takes: `an integer from ${least} to ${most}`,
  parse: (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined;
  },
});

const folder: Kind<string> = { takes: 'the path of a folder', parse: (text) => resolve(text) };

const files: Kind<readonly string[]> = {
  takes: 'paths or globs of log files, separated by commas',
  parse: (text) => {
    const paths = text.split(',').map((path) => path.trim());
    return paths.every((path) => path !== '') ? paths.map((path) => resolve(path)) : undefined;
  },
};

const url: Kind<string> = {
  takes:
    'http://host:port or https://…, without user and password (a key belongs into ELASTICSEARCH_API_KEY)',
  parse: (text) => {
    const { protocol, username, password, href } = new URL(text);
    return /^https?:$/.test(protocol) && username === '' && password === '' ? href : undefined;
  },
};

const certificates: Kind<string | undefined> = {
  takes: 'the path of a readable PEM file of certificates',
  parse: (path) => {
    const pem = readFileSync(path, 'utf8');
    return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : undefined;
  },
};

/** By the name of the environment variable; README.md has the same list. */
export const settings = {
  SHIPPER_FILES: {
    ...files,
    about: 'What to ship. What a followed file is renamed or copied to (`api.log.1`) is not named here.',
  },
  SHIPPER_STATE_DIRECTORY: {
    ...folder,
    about: 'Where the checkpoint and the dead letters are kept, of one shipper only.',
  },
  SHIPPER_DATA_STREAM: {
    takes: 'the name of a data stream',
    parse: (text: string) => (/^[a-z0-9][a-z0-9._-]*$/.test(text) ? text : undefined),
    unset: 'logs-todo-default',
    about: 'Where the lines go; its index template has to be there.',
  },
  ELASTICSEARCH_URL: { ...url, unset: 'http://127.0.0.1:9200', about: 'Elasticsearch.' },
  ELASTICSEARCH_API_KEY: {
    takes: 'an API key as Elasticsearch encodes it',
    parse: (text: string) => (/^[\w+/=-]+$/.test(text) ? text : undefined),
    unset: '',
    secret: true,
    about: 'With the privileges `create_doc`, `read` and `maintenance` on the data stream, and `monitor`.',
  },
  ELASTICSEARCH_USERNAME: {
    takes: 'the name of a user, without a colon',
    parse: (text: string) => (text.includes(':') ? undefined : text),
    unset: 'elastic',
    about: 'Whose ELASTICSEARCH_PASSWORD is, with the same privileges, where there is no API key.',
  },
  ELASTICSEARCH_PASSWORD: {
    takes: 'a password',
    parse: (text: string) => text,
    unset: '',
    secret: true,
    about: 'Of that user; not beside an API key.',
  },
  ELASTICSEARCH_CA_FILE: {
    ...certificates,
    unset: '',
    about: 'Certificate authorities for https; unset means those Node.js ships.',
  },
  SHIPPER_BATCH_LINES: { ...integer(1, 5000), unset: '1000', about: 'Most lines of a batch.' },
  SHIPPER_BATCH_BYTES: {
    ...integer(1024, 16_777_216),
    unset: '1048576',
    about: 'Most bytes of a batch. Two are in memory at most: one being sent, one being filled.',
  },
  SHIPPER_BATCH_AGE_MS: {
    ...integer(0, 60_000),
    unset: '50',
    about: 'How long a line waits for others to be sent with it.',
  },
  SHIPPER_POLL_MS: {
    ...integer(10, 60_000),
    unset: '50',
    about: 'How often the files are looked at.',
  },
  SHIPPER_LINE_BYTES: {
    ...integer(128, 1_048_576),
    unset: '262144',
    about: 'A longer line is cut, and says so in `labels.cut_bytes`.',
  },
  SHIPPER_TIMEOUT_MS: {
    ...integer(50, 600_000),
    unset: '30000',
    about: 'How long Elasticsearch may take for one request.',
  },
  SHIPPER_RETRY_MS: {
    ...integer(10, 600_000),
    unset: '15000',
    about: 'Longest pause between two tries; the first is a hundredth of it, and each about twice the last.',
  },
  SHIPPER_STOP_MS: {
    ...integer(0, 600_000),
    unset: '10000',
    about: 'At SIGTERM, how long what is written may take to be shipped.',
  },
  SHIPPER_HOST: {
    takes: 'an IP address to listen on',
    parse: (text: string) => (isIP(text) === 0 ? undefined : text),
    unset: '127.0.0.1',
    about: 'Address of `/metrics` and `/health`.',
  },
  SHIPPER_PORT: {
    ...integer(0, 65_535),
    takes: 'a port from 1 to 65535, or 0 for a free one',
    unset: '9465',
    about: 'Port of `/metrics` and `/health`.',
  },
} satisfies Record<string, Setting<unknown>>;

type Table = typeof settings;
type ValueOf<Of> = Of extends { parse: (text: string) => infer Value } ? Exclude<Value, undefined> : never;
type OptionalName = 'ELASTICSEARCH_API_KEY' | 'ELASTICSEARCH_PASSWORD' | 'ELASTICSEARCH_CA_FILE';

/** Every setting by the name of its environment variable, typed, checked and frozen. */
export type ShipperSettings = Readonly<
  { [Name in Exclude<keyof Table, OptionalName>]: ValueOf<Table[Name]> } & {
    [Name in OptionalName]: string | undefined;
  }
>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that are right one by one but not together: a sentence when wrong, `undefined` when right. */
const rules: readonly ((values: ShipperSettings) => string | undefined)[] = [
  ({ SHIPPER_LINE_BYTES, SHIPPER_BATCH_BYTES }) =>
    SHIPPER_LINE_BYTES > SHIPPER_BATCH_BYTES
      ? `SHIPPER_LINE_BYTES is ${SHIPPER_LINE_BYTES}, more than SHIPPER_BATCH_BYTES (${SHIPPER_BATCH_BYTES}): the longest line has to fit into a batch.`
      : undefined,
  ({ ELASTICSEARCH_API_KEY, ELASTICSEARCH_PASSWORD }) =>
    ELASTICSEARCH_API_KEY !== undefined && ELASTICSEARCH_PASSWORD !== undefined
      ? 'ELASTICSEARCH_API_KEY is set, and so is ELASTICSEARCH_PASSWORD; set one of them.'
      : undefined,
];

function textOf(name: string, { secret, unset }: Setting<unknown>, environment: Environment) {
  const direct = environment[name] || undefined;
  const file = secret ? environment[`${name}_FILE`] || undefined : undefined;
  if (direct !== undefined && file !== undefined)
    throw new Error(`${name} is set, and so is ${name}_FILE; set one of them.`);
  if (file === undefined) return direct ?? unset;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new Error(`${name}_FILE is "${file}", which can't be read: ${(error as Error).message}`);
  }
}

/** An address may have a password in it where none belongs. */
function withoutUser(text: string): string {
  const [scheme, rest] = text.split(/(?<=\/\/)(.*)/s, 2);
  return rest?.includes('@') ? `${scheme}…${rest.slice(rest.lastIndexOf('@'))}` : text;
}

function parse(name: string, setting: Setting<unknown>, environment: Environment): unknown {
  const text = textOf(name, setting, environment);
  if (text === '') return undefined;
  if (text === undefined) throw new Error(`${name} is not set; it takes ${setting.takes}.`);
  let value: unknown;
  try {
    value = setting.parse(text);
  } catch {
    // What it takes says enough, and the error could quote a secret.
  }
  if (value !== undefined) return value;
  const got = setting.secret ? "has a value that isn't shown, since it is a secret" : `is "${text}"`;
  throw new Error(`${name} ${withoutUser(got)}; it takes ${setting.takes}.`);
}

/** How the shipper reaches the data stream. */
export function storeSettings(settings: ShipperSettings): StoreSettings {
  const { ELASTICSEARCH_USERNAME: username, ELASTICSEARCH_PASSWORD: password } = settings;
  return {
    url: settings.ELASTICSEARCH_URL,
    dataStream: settings.SHIPPER_DATA_STREAM,
    apiKey: settings.ELASTICSEARCH_API_KEY,
    login: password === undefined ? undefined : { username, password },
    certificates: settings.ELASTICSEARCH_CA_FILE,
    timeoutMs: settings.SHIPPER_TIMEOUT_MS,
  };
}

/** Throws one error that names every wrong variable, what it got (never a secret) and what it takes. */
export function readShipperSettings(environment: Environment): ShipperSettings {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(settings)) {
    try {
      values[name] = parse(name, setting, environment);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  const typed = Object.freeze(values) as ShipperSettings;
  if (problems.length === 0) problems.push(...rules.flatMap((rule) => rule(typed) ?? []));
  if (problems.length > 0)
    throw new Error(
      ['The settings are wrong (logging/shipper/README.md lists all):', ...problems].join('\n  '),
    );
  return typed;
}
