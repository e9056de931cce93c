/** `node kubernetes/generate.ts [--check]`: the releases of the images that the manifests name, from images.env. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@sightline/tools/generated-files.ts';
import { readImages } from '@sightline/tools/images.ts';

/** The images that containers of the manifests run: names without a release. */
function named(): ReadonlySet<string> {
  const files = globSync('**/*.yaml', { cwd: import.meta.dirname });
  const texts = files.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/^ *image: (\S+)$/gm)].map(([, name = '']) => name)),
  );
}

function component(): string {
  const used = named();
  const images = Object.values(readImages())
    .map(({ registry, repository, ...rest }) => ({ name: `${registry}/${repository}`, ...rest }))
    .filter(({ name }) => used.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = images.flatMap(({ name, tag, digest }) => [
    `  - name: ${name}`,
    `    newTag: ${tag}`,
    ...(digest === undefined ? [] : [`    digest: ${digest}`]),
  ]);
  return [
    '# Generated from images.env by make generate: the releases of everything that is not ours.',
    'apiVersion: kustomize.config.k8s.io/v1alpha1',
    'kind: Component',
    'images:',
    ...lines,
    '',
  ].join('\n');
}

await generate({ 'kubernetes/components/images/kustomization.yaml': () => Promise.resolve(component()) });
