import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');

// Two zods in the tree make koa-zod-router take our schemas for something else, and validation is silently bypassed.
test.each(['zod', 'koa', '@koa/router'])('there is one %s in the dependency tree', async (name) => {
  const { packages } = JSON.parse(await readFile(resolve(root, 'package-lock.json'), 'utf8'));
  expect(Object.keys(packages).filter((path) => path.endsWith(`node_modules/${name}`))).toEqual([
    `node_modules/${name}`,
  ]);
});

test.each(['package.json', ...globSync(['*/package.json', 'packages/*/package.json'], { cwd: root })])(
  '%s names exact versions only',
  async (file) => {
    const manifest = JSON.parse(await readFile(resolve(root, file), 'utf8'));
    const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}).flatMap(([name, version]) =>
        // The rooms of this checkout have no versions of their own.
        name.startsWith('@sightline/') ? [] : version,
      ),
    );
    expect(
      versions.filter(
        (version) => !/^(npm:(@[\w-]+\/)?[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
      ),
    ).toEqual([]);
  },
);
