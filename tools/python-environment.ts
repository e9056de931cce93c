import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  const made = await access(complete).then(
    () => true,
    () => false,
  );
  if (made) return { venv, cache };
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
  await writeFile(complete, '');
  return { venv, cache };
}
