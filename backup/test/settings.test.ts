import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isFromFile, type Setting } from '@sightline/settings/setting.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { readSettings, settings } from '../settings.ts';
import { start } from './support/backups.ts';

describe('settings', () => {
  test('that are wrong are all named at once, with what they got and what they take', () => {
    const wrong = {
      DATABASE_URL: 'mysql://root:hunter2@host/db',
      BACKUP_DESTINATION: 'ftp://host',
      BACKUP_RECIPIENT: 'somebody',
      BACKUP_KEEP_LAST: '0',
    };
    const names = Object.keys(wrong) as (keyof typeof wrong)[];
    let message = '';
    try {
      readSettings(wrong, [...names, 'BACKUP_IDENTITY']);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(
      "DATABASE_URL has a value that isn't shown, since it is a secret; it takes postgres://",
    );
    expect(message).toContain(
      'BACKUP_DESTINATION is "ftp://host"; it takes file:///folder, or s3://bucket/prefix',
    );
    expect(message).toContain('BACKUP_RECIPIENT is "somebody"; it takes an age recipient');
    expect(message).toContain('BACKUP_KEEP_LAST is "0"; it takes an integer from 1');
    expect(message).toContain('BACKUP_IDENTITY is not set');
    expect(message).not.toContain('hunter2');
  });

  test.each([
    'age1sample',
    // The example of age's own documentation, but for its last letter; and in capitals.
    'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q',
    'AGE1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQMCAC8P',
    'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p,',
  ])('a recipient that nobody can have, %s, is refused before the first backup', (recipient) => {
    expect(() => readSettings({ BACKUP_RECIPIENT: recipient }, ['BACKUP_RECIPIENT'])).toThrow(
      `BACKUP_RECIPIENT is "${recipient}"; it takes an age recipient`,
    );
  });

  test('are all in the README, with what they are when unset and what they are for', () => {
    const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');
    const rows = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => {
      const { about, unset = '' } = setting;
      const orFile = isFromFile(setting) ? ` Or \`${name}_FILE\`.` : '';
      return `| \`${name}\` | ${unset && `\`${unset}\``} | ${about}${orFile} |`;
    });
    expect(readme.split('\n').filter((line) => line.startsWith('| `'))).toEqual(
      rows.map((row) => row.replaceAll('|  |', '| |')),
    );
  });
});

describe('the schedule', () => {
  test('runs each program at once and again, one after the other, and ends when told', async () => {
    const running = start('schedule.ts', {}, ['1s', 'backup/list.ts', '1h', 'backup/restore.ts']);
    const count = (text: RegExp) => running.output().match(text)?.length ?? 0;
    // Both lack their settings and say so: a run that fails keeps no other from being tried.
    await eventually(() => count(/The settings are wrong/g) >= 3);
    expect(count(/BACKUP_IDENTITY is not set/g)).toBe(1);
    running.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });

  test.each([[[]], [['30m']], [['soon', 'backup/list.ts']], [['0m', 'backup/list.ts']]])(
    'of %j says how it is used',
    async (words) => {
      const { code, output } = await start('schedule.ts', {}, words).ended;
      expect(output).toContain('Usage: node backup/schedule.ts 30m PROGRAM');
      expect(code).toBe(1);
    },
  );
});
