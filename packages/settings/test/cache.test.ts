import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cacheFolder } from '../cache.ts';
import { checkout } from '../checkout.ts';
import { SettingsError } from '../setting.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-cache-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('is in the home folder of the user, or where the XDG variable or the setting has it', () => {
  const home = join(folder, 'home');
  const xdg = join(folder, 'xdg');
  const given = join(folder, 'given');
  mkdirSync(home);
  expect(cacheFolder('tools', { HOME: home })).toBe(join(home, '.cache/sightline/tools'));
  expect(cacheFolder('tools', { HOME: home, XDG_CACHE_HOME: xdg })).toBe(join(xdg, 'sightline/tools'));
  expect(cacheFolder('tools', { HOME: home, XDG_CACHE_HOME: 'relative' })).toBe(
    join(home, '.cache/sightline/tools'),
  );
  expect(cacheFolder('tools', { HOME: home, XDG_CACHE_HOME: xdg, SIGHTLINE_CACHE: given })).toBe(
    join(given, 'tools'),
  );
});

test('a setting is taken from the checkout, as paths on the line of make are', () => {
  expect(cacheFolder('tools', { SIGHTLINE_CACHE: relative(checkout, folder) })).toBe(join(folder, 'tools'));
});

test('without HOME it is where the system has the home folder of the user', () => {
  expect(cacheFolder('tools', {})).toBe(cacheFolder('tools', { HOME: userInfo().homedir }));
});

test.each(['a file', 'no absolute path'])(
  'with a home folder where nothing can be written (%s) it is in the checkout',
  (home) => {
    // Root may write everywhere, but for a folder in a file.
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const HOME = home === 'a file' ? file : 'relative';
    expect(cacheFolder('tools', { HOME })).toBe(join(checkout, '.cache/tools'));
  },
);

test('a setting that names a place where nothing can be written is an error', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => cacheFolder('tools', { SIGHTLINE_CACHE: file, HOME: folder })).toThrow(SettingsError);
  expect(() => cacheFolder('tools', { SIGHTLINE_CACHE: file })).toThrow(
    /^SIGHTLINE_CACHE is ".*file", and nothing can be written there: .*\. Choose another folder, or unset it\.$/,
  );
});
