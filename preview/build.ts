/** The script and the style of the pages, bundled by esbuild when they are wanted and kept by what is in them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfExists, replaceFile } from '@sightline/servers/atomic-file.ts';
import { checkoutCacheFolder } from '@sightline/settings/cache.ts';
import { checkout } from '@sightline/settings/checkout.ts';

export interface Bundle {
  readonly script: string;
  readonly style: string;
}

/** Entry points of `browser/`. */
export type Entry = 'report' | 'live';

const page = join(checkout, 'preview');
/** Folders that a bundle is made of; packages are by the lock file. */
const sources = [page, join(checkout, 'e2e/verify')];

function keyOf(entry: Entry): string {
  const hash = createHash('sha256')
    .update(entry)
    .update(readFileSync(join(checkout, 'package-lock.json')));
  for (const folder of sources) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && /\.(tsx?|css|json)$/.test(file.name))
      .map((file) => join(file.parentPath, file.name))
      .toSorted();
    for (const file of files) hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * The bundle of an entry point; the same one is made once.
 * @throws Error with what esbuild says of a mistake
 */
export async function bundle(entry: Entry): Promise<Bundle> {
  const folder = checkoutCacheFolder('page');
  const file = join(folder, `${entry}-${keyOf(entry)}.json`);
  const kept = readIfExists(file);
  if (kept !== undefined) return JSON.parse(kept) as Bundle;
  const made = await make(entry);
  mkdirSync(folder, { recursive: true });
  replaceFile(file, JSON.stringify(made), 0o644);
  return made;
}

async function make(entry: Entry): Promise<Bundle> {
  // A process that finds its bundle made needs no compiler.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(page, 'browser', `${entry}.tsx`)],
    bundle: true,
    write: false,
    outdir: page,
    minify: true,
    target: ['chrome120', 'firefox120', 'safari17'],
    format: 'iife',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'inline',
    logLevel: 'silent',
    loader: { '.css': 'css' },
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { script: textOf('.js'), style: textOf('.css') };
}
