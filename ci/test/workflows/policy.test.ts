import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkout as root } from '@sightline/settings/checkout.ts';
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { filesOfCheckout, readCheckout } from '../../workflows/files.ts';
import { mistaken } from '../../workflows/policy/rule.ts';
import { rules } from '../../workflows/policy/rules.ts';
import { zizmor } from '../../workflows/zizmor/run.ts';
import { temporaryFolder } from './support.ts';

const checkout = readCheckout(root, filesOfCheckout(root));

describe.each(rules)('the rule that $name', ({ check, bad }) => {
  test('holds for the workflows', () => {
    expect(checkout.workflows.length).toBeGreaterThan(4);
    expect(check(checkout)).toEqual([]);
  });

  test.each(bad)('catches $says', (mistake) => {
    expect(check(mistaken(checkout, mistake))).not.toEqual([]);
  });
});

const missing = await zizmor('.github').then(
  () => undefined,
  (error: unknown) => (error instanceof NotPossible ? error.message : Promise.reject(error)),
);
const withZizmor = missing === undefined ? describe : describe.skip;

withZizmor(`zizmor${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  // What no rule has to catch, by the names of zizmor's audits.
  test.each([
    ['artipacked', 'ci.yml', 'persist-credentials: false', 'persist-credentials: true'],
    ['artipacked', 'ci.yml', 'persist-credentials: false', 'lfs: false'],
    ['concurrency-limits', 'nightly.yml', 'concurrency:', 'env:'],
  ])('finds %s in %s with "%s" changed to "%s"', async (audit, name, text, by) => {
    using folder = temporaryFolder();
    const file = join(folder.path, name);
    writeFileSync(file, readFileSync(join(root, '.github/workflows', name), 'utf8').replace(text, by));
    expect(await zizmor(file)).toEqual([expect.stringContaining(`[${audit}]`)]);
  });
});
