import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startShipper } from '../bench/shipper-process.ts';
import { readShipperSettings, settings } from '../shipper/settings.ts';

const needed = { SHIPPER_FILES: '/var/log/api.log', SHIPPER_STATE_DIRECTORY: '/var/lib/shipper' };

describe('The settings of the shipper', () => {
  test('have defaults where they can', () => {
    expect(readShipperSettings(needed)).toMatchObject({
      SHIPPER_FILES: ['/var/log/api.log'],
      ELASTICSEARCH_URL: 'http://127.0.0.1:9200/',
      ELASTICSEARCH_API_KEY: undefined,
      SHIPPER_DATA_STREAM: 'logs-todo-default',
      SHIPPER_PORT: 9465,
    });
  });

  test.each([
    [
      { SHIPPER_FILES: '' },
      'SHIPPER_FILES is not set; it takes paths or globs of log files, separated by commas.',
    ],
    [
      { SHIPPER_PORT: '99999' },
      'SHIPPER_PORT is "99999"; it takes a port from 1 to 65535, or 0 for a free one.',
    ],
    [{ SHIPPER_BATCH_LINES: '1e3' }, 'SHIPPER_BATCH_LINES is "1e3"; it takes an integer from 1 to 5000.'],
    [
      { ELASTICSEARCH_URL: 'http://elastic:geheim@es:9200' },
      'ELASTICSEARCH_URL is "http://…@es:9200"; it takes',
    ],
    [
      { ELASTICSEARCH_API_KEY: 'a2V5', ELASTICSEARCH_PASSWORD: 'geheim' },
      'ELASTICSEARCH_API_KEY is set, and so is ELASTICSEARCH_PASSWORD; set one of them.',
    ],
    [{ ELASTICSEARCH_API_KEY: 'ge heim' }, "ELASTICSEARCH_API_KEY has a value that isn't shown"],
    [
      { ELASTICSEARCH_API_KEY_FILE: '/nowhere/key' },
      'ELASTICSEARCH_API_KEY_FILE is "/nowhere/key", which can\'t be read',
    ],
    [
      { SHIPPER_LINE_BYTES: '4096', SHIPPER_BATCH_BYTES: '2048' },
      'SHIPPER_LINE_BYTES is 4096, more than SHIPPER_BATCH_BYTES (2048)',
    ],
  ])('say what is wrong with %j, and no secret', (wrong, sentence) => {
    let message = '';
    try {
      readShipperSettings({ ...needed, ...wrong });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(sentence);
    expect(message).not.toMatch(/ge ?heim/);
  });

  test('are all named together when several are wrong, and end the program', async () => {
    const shipper = await startShipper({ SHIPPER_PORT: 'x', SHIPPER_POLL_MS: 'y' });
    expect(await shipper.ended).toBe(1);
    for (const name of ['SHIPPER_FILES', 'SHIPPER_STATE_DIRECTORY', 'SHIPPER_PORT', 'SHIPPER_POLL_MS'])
      expect(shipper.output()).toContain(name);
  });

  test('are listed in the README with their defaults', () => {
    const readme = readFileSync(join(import.meta.dirname, '../shipper/README.md'), 'utf8');
    for (const [name, setting] of Object.entries(settings)) {
      const unset = 'unset' in setting ? setting.unset : '';
      expect(readme).toContain(
        `| \`${name}\` | ${unset === '' ? '' : `\`${unset}\``} |`.replace('|  |', '| |'),
      );
    }
  });
});
