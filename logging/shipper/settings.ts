import { resolve } from 'node:path';
import {
  address,
  certificates,
  integer,
  type Kind,
  matching,
  optional,
  parsed,
  port,
  text,
} from '@sightline/settings/kinds.ts';
import { type Environment, readSettings, type Setting, type ValuesOf } from '@sightline/settings/setting.ts';
import type { StoreSettings } from './elasticsearch.ts';

const folder = parsed('the path of a folder', (path) => resolve(path));

const files: Kind<readonly string[]> = parsed('paths or globs of log files, separated by commas', (given) => {
  const paths = given.split(',').map((path) => path.trim());
  return paths.every((path) => path !== '') ? paths.map((path) => resolve(path)) : undefined;
});

const url = parsed(
  'http://host:port or https://…, without user and password (a key belongs into ELASTICSEARCH_API_KEY)',
  (given) => {
    const { protocol, username, password, href } = new URL(given);
    return /^https?:$/.test(protocol) && username === '' && password === '' ? href : undefined;
  },
);

/** Settings by the name of the environment variable; README.md has the same list. */
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
    ...matching('the name of a data stream', /^[a-z0-9][a-z0-9._-]*$/),
    unset: 'logs-todo-default',
    about: 'Where the lines go; its index template has to be there.',
  },
  ELASTICSEARCH_URL: { ...url, unset: 'http://127.0.0.1:9200', about: 'Elasticsearch.' },
  ELASTICSEARCH_API_KEY: {
    ...optional(matching('an API key as Elasticsearch encodes it', /^[\w+/=-]+$/)),
    secret: true,
    about: 'With the privileges `create_doc`, `read` and `maintenance` on the data stream, and `monitor`.',
  },
  ELASTICSEARCH_USERNAME: {
    ...matching('the name of a user, without a colon', /^[^:]+$/),
    unset: 'elastic',
    about: 'Whose ELASTICSEARCH_PASSWORD is, with the same privileges, where there is no API key.',
  },
  ELASTICSEARCH_PASSWORD: {
    ...optional(text('a password')),
    secret: true,
    about: 'Of that user; not beside an API key.',
  },
  ELASTICSEARCH_CA_FILE: {
    ...optional(certificates),
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
    ...address,
    unset: '127.0.0.1',
    about: 'Address of `/metrics` and `/health`.',
  },
  SHIPPER_PORT: {
    ...port,
    unset: '9465',
    about: 'Port of `/metrics` and `/health`.',
  },
} satisfies Record<string, Setting<unknown> & { readonly about: string }>;

/** Every setting by the name of its environment variable, typed, checked and frozen. */
export type ShipperSettings = ValuesOf<typeof settings>;

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

/** @throws SettingsError that names every wrong variable, what it got (never a secret) and what it takes */
export const readShipperSettings = (environment: Environment): ShipperSettings =>
  readSettings(settings, environment, {
    rules,
    heading: 'The settings are wrong (logging/shipper/README.md lists all):',
  });
