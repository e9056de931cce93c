import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startChromium, whyNoChromium } from '../chromium.ts';

let folder: string;
const before = { ...process.env };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  delete process.env['CHROMIUM'];
  process.env['PATH'] = folder;
});
afterEach(() => {
  process.env = { ...before };
  rmSync(folder, { recursive: true });
});

/** A browser that ends at once, and says why as the real one does. */
function browserThatSays(name: string, sentence: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho '${sentence}' >&2\nexit 1\n`);
  chmodSync(file, 0o755);
  return file;
}

test('Chrome is taken before Chromium, which has no AppArmor profile on Ubuntu', async () => {
  browserThatSays('chromium', 'Chromium was started.');
  browserThatSays('google-chrome-stable', 'Chrome was started.');
  await expect(startChromium()).rejects.toThrow('Chrome was started.');
});

test('a browser without a usable sandbox is an error that says what to install', async () => {
  const file = browserThatSays('chromium', '[7:7:FATAL:zygote_host_impl_linux.cc(128)] No usable sandbox!');
  await expect(startChromium()).rejects.toThrow(
    `${file} doesn't start. It may not use its sandbox here, as on Ubuntu 23.10 and later: install google-chrome-stable`,
  );
});

test('where there is none, the reason says what to install', async () => {
  expect(whyNoChromium()).toContain('Install it');
  process.env['CHROMIUM'] = join(folder, 'absent');
  expect(whyNoChromium()).toBe(`CHROMIUM names ${folder}/absent, which is not there.`);
  await expect(startChromium()).rejects.toThrow('which is not there');
});
