import { describe, expect, test } from '@jest/globals';
import { readConfig } from '@sightline/app/src/config.ts';
import { readSettings as readBackupSettings } from '@sightline/backup/settings.ts';
import { readScaleSettings } from '@sightline/loadtest/bench/scale/settings.ts';
import { readBench } from '@sightline/loadtest/bench/settings.ts';
import { readRetention } from '@sightline/logging/elasticsearch/connection.ts';
import { limit, since } from '@sightline/logging/search/settings.ts';
import { readShipperSettings } from '@sightline/logging/shipper/settings.ts';
import { readCatcherSettings } from '@sightline/monitoring/webhook/settings.ts';
import { readPageSettings } from '@sightline/preview/server/settings.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { readPorts } from '@sightline/stack/native/settings.ts';
import { readChaosSettings } from '../chaos/settings.ts';
import { readDrillSettings } from '../drills/settings.ts';
import { readFootprintSettings } from '../footprint/settings.ts';
import { readLoad } from '../load/settings.ts';

type Environment = Readonly<Record<string, string>>;

/** Everything that Number() makes a number of, or parseInt, or a person takes for one, and that is none here. */
const noNumbers = [
  ...[
    '1e3',
    '1E3',
    '0x10',
    '0b11',
    '0o17',
    'Infinity',
    '-Infinity',
    'NaN',
    '+5',
    '-5',
    '-0',
    '5.',
    '.5',
    '5,5',
  ],
  ...[
    ' 5',
    '5 ',
    '\t5',
    '5\n',
    '\u00a05',
    '\ufeff5',
    '5_000',
    '5 000',
    '5n',
    '5s0',
    '٥',
    '５',
    '²',
    '1/2',
    'five',
  ],
  ...['null', 'true', '[5]', '9'.repeat(30)],
];

const stack = { stackDirectory: '/nowhere' } as Parameters<typeof readLoad>[1];
const page = {
  PAGE_PORT: '1',
  PROMETHEUS_URL: 'http://a',
  ALERTMANAGER_URL: 'http://a',
  ELASTICSEARCH_URL: 'http://a',
  SCRAPE_INTERVAL_SECONDS: '5',
};
const shipper = { SHIPPER_FILES: 'a', ELASTICSEARCH_URL: 'http://a' };

/** Each program's reader of its settings, by a setting that is a number, and what else it has to be told. */
const readers: readonly (readonly [
  setting: string,
  read: (environment: Environment) => unknown,
  unit?: string,
])[] = [
  ['RATE_LIMIT_WINDOW_SECONDS', readConfig],
  ['DATABASE_POOL_MAX', readConfig],
  ['PORT', readConfig],
  ['BACKUP_KEEP_LAST', (environment) => readBackupSettings(environment, ['BACKUP_KEEP_LAST'])],
  ['BACKUP_ATTEMPTS', (environment) => readBackupSettings(environment, ['BACKUP_ATTEMPTS'])],
  ['SHIPPER_BATCH_LINES', (environment) => readShipperSettings({ ...shipper, ...environment })],
  ['SHIPPER_PORT', (environment) => readShipperSettings({ ...shipper, ...environment })],
  ['WEBHOOK_PORT', (environment) => readCatcherSettings({ WEBHOOK_FILE: 'a', ...environment })],
  ['WATCHDOG_SILENCE_SECONDS', (environment) => readCatcherSettings({ WEBHOOK_FILE: 'a', ...environment })],
  ['PAGE_PORT', (environment) => readPageSettings({ ...page, ...environment })],
  ['SCRAPE_INTERVAL_SECONDS', (environment) => readPageSettings({ ...page, ...environment })],
  ['MINUTES', readChaosSettings],
  ['SEED', readChaosSettings],
  ['TIMES', readDrillSettings],
  ['API_PORT', (environment) => readPorts([{ setting: 'API_PORT', default: 3000 }], environment)],
  ['ROUNDS', readBench],
  ['REQUESTS', readScaleSettings],
  ['STARTS', readFootprintSettings],
  ['DURATION', (environment) => readLoad({ TARGET: 'http://a', ...environment }, stack, new Date())],
  ['LIMIT', (environment) => readSettings({ LIMIT: limit }, environment)],
  ['SINCE', (environment) => readSettings({ SINCE: since }, environment), 'm'],
  ['LOG_RETENTION', readRetention, 'd'],
];

function said(read: () => unknown): string {
  try {
    read();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(readers)('%s', (setting, read, unit = '') => {
  test('is not wrong as it should be', () => {
    expect(said(() => read({ [setting]: `5${unit}` }))).not.toContain(setting);
  });

  test.each(noNumbers)('is refused by a sentence as %j', (text) => {
    expect(said(() => read({ [setting]: `${text}${unit}` }))).toMatch(new RegExp(`${setting}[^]* it takes `));
  });
});
