import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';

const read = (path: string) => readFileSync(join(checkout, path), 'utf8');
const page = read('docs/security.md');

test('docs/security.md has each chapter of the ASVS, and every file that it names is there', () => {
  const chapters = [...page.matchAll(/^## V(\d+) /gm)].map(([, number]) => Number(number));
  expect(chapters).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
  const files = [...page.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\/?|images\.env)`/g)].map(([, path = '']) => path);
  expect(files.length).toBeGreaterThan(60);
  expect(files.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
});

test('who reports a hole finds what is known, and who reads what is known finds where to report', () => {
  expect(read('SECURITY.md')).toContain('(docs/security.md)');
  expect(page).toContain('(../SECURITY.md)');
});
