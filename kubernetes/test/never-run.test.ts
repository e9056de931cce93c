/** docs/never-run.md names each component that no cluster of the tests brings. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const folder = resolve(import.meta.dirname, '..');
const page = readFileSync(join(folder, '../docs/never-run.md'), 'utf8');
const overlay = (name: string) => readFileSync(join(folder, `overlays/${name}/kustomization.yaml`), 'utf8');
const isIn = (text: string, component: string) => text.includes(`../components/${component}\n`);

test('each component that is not in the local overlay, which a cluster runs, is in the table', () => {
  const components = readdirSync(join(folder, 'components'));
  const neverRun = components.filter((component) => !isIn(overlay('local'), component));
  expect(neverRun.length).toBeGreaterThan(5);
  expect(neverRun.filter((component) => !page.includes(`\`components/${component}\``))).toEqual([]);
});
