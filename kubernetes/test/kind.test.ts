import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { kubernetesVersion } from '../schema/validate.ts';

test('the node of kind runs the Kubernetes whose schemas the manifests are held to, by its digest', () => {
  const file = new URL('../overlays/local/kind.yaml', import.meta.url);
  const { nodes } = parse(readFileSync(file, 'utf8')) as { nodes: readonly { image?: string }[] };
  expect(nodes.map(({ image }) => image)).toEqual([
    expect.stringMatching(new RegExp(`/kindest/node:v${kubernetesVersion}\\.\\d+@sha256:[0-9a-f]{64}$`)),
  ]);
});
