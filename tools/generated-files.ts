import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/**
 * Writes generated files, each given by its path from the root of the checkout and what makes its text. With `--check`
 * on the command line it only names the stale ones, and the process fails on one.
 */
export async function generate(
  files: Readonly<Record<string, () => string | Promise<string>>>,
): Promise<void> {
  const check = process.argv.includes('--check');
  const stale: string[] = [];
  for (const [path, make] of Object.entries(files)) {
    const file = resolve(root, path);
    const text = await make();
    const current = await readFile(file, 'utf8').catch(() => undefined);
    if (current === text) continue;
    stale.push(path);
    if (check) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  if (check && stale.length > 0) {
    console.error(`Stale: ${stale.join(', ')}. Run make generate and commit what it writes.`);
    process.exitCode = 1;
  } else if (stale.length > 0) console.log(`Written: ${stale.join(', ')}.`);
}
