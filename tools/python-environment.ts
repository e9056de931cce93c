import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** It can't run here; the message says what is missing and what to do. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

async function requirePython(name: string): Promise<void> {
  try {
    const script = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
    await run('python3', ['-c', script]);
  } catch {
    throw new NotPossible(
      `${name} needs python3, 3.11 or later, with venv. On Debian: apt-get install python3-venv`,
    );
  }
}

/** A virtual environment of Python, and the folder it is in, which is kept from run to run. */
export interface PythonEnvironment {
  readonly venv: string;
  readonly cache: string;
}

/** Has the scripts of an environment name its own Python in their first lines: its folder may have been moved, or copied. */
export async function ofThisPlace(venv: string): Promise<void> {
  const folder = join(venv, 'bin');
  const files = await readdir(folder, { withFileTypes: true });
  for (const { name } of files.filter((file) => file.isFile())) {
    const path = join(folder, name);
    // Programs are there as well: as latin1 every byte stays as it is.
    const script = await readFile(path, 'latin1');
    const moved = script.replace(
      /^#!\/[^\n]*\/bin\/python[\d.]*(?=\n)/,
      () => `#!${join(venv, 'bin/python')}`,
    );
    if (moved !== script) await writeFile(path, moved, 'latin1');
  }
}

/**
 * The virtual environment of pinned requirements, in .cache/<name>; made when there is none for just these yet.
 * @param requirements path of a requirements file with hashes
 * @throws NotPossible without python3, or without PyPI when it has to be made
 */
export async function pythonEnvironment(name: string, requirements: string): Promise<PythonEnvironment> {
  const cache = resolve(import.meta.dirname, '../.cache', name);
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16);
  const venv = join(cache, version);
  // Written last, so that an installation that was cut off is made anew.
  const complete = join(venv, 'complete');
  const madeAt = await readFile(complete, 'utf8').catch(() => undefined);
  if (madeAt === venv) return { venv, cache };
  if (madeAt !== undefined) {
    await ofThisPlace(venv);
    await writeFile(complete, venv);
    return { venv, cache };
  }
  await requirePython(name);
  await rm(cache, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  console.log(`Installing ${name} into .cache/${name} …`);
  try {
    await run('python3', ['-m', 'venv', venv]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
    await run(join(venv, 'bin/python'), [...pip, '--only-binary', ':all:', '--requirement', requirements]);
  } catch (error) {
    const lines = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split('\n');
    throw new NotPossible(
      `${name} could not be installed; the first run needs PyPI. pip says: ${lines.at(-1)}`,
    );
  }
  await writeFile(complete, venv);
  return { venv, cache };
}
