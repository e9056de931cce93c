import { beforeAll, describe, expect, test } from '@jest/globals';
import { whyNoKubectl } from '../kubectl.ts';
import type { KubernetesObject } from '../objects.ts';
import { patched } from '../policy/rule.ts';
import { rules } from '../policy/rules.ts';
import { type Rendering, render, renderings } from '../render.ts';

const missing = whyNoKubectl();
const withKubectl = missing === undefined ? describe : describe.skip;

withKubectl(`the manifests${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const rendered = new Map<Rendering, readonly KubernetesObject[]>();
  const objectsOf = (rendering: Rendering) => rendered.get(rendering) ?? [];

  beforeAll(async () => {
    await Promise.all(
      renderings.map(async (rendering) => {
        rendered.set(rendering, await render(rendering));
      }),
    );
  });

  describe.each(rules)('the rule that $name', ({ check, bad }) => {
    test.each(renderings)('holds in %s', (rendering) => {
      expect(objectsOf(rendering).length).toBeGreaterThan(10);
      expect(check(objectsOf(rendering))).toEqual([]);
    });

    test.each(bad)('catches $says', (patch) => {
      expect(check(patched(objectsOf(patch.of), patch))).not.toEqual([]);
    });
  });
});
