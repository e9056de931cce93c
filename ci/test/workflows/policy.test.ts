import { describe, expect, test } from '@jest/globals';
import { checkout as root } from '@sightline/settings/checkout.ts';
import { filesOfCheckout, readCheckout } from '../../workflows/files.ts';
import { mistaken } from '../../workflows/policy/rule.ts';
import { rules } from '../../workflows/policy/rules.ts';

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
