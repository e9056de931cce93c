import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readIfExists } from '@sightline/servers/atomic-file.ts';
import { waitForLock } from '@sightline/servers/lock.ts';
import { cacheFolder } from '@sightline/settings/cache.ts';

const run = promisify(execFile);

/** Several times what the longest takes on two busy cores. */
const installationMinutes = 30;

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

/** Where an environment was made; undefined when it is not whole, or its Python has gone, such as in an upgrade of the system. */
function placeOf(venv: string): string | undefined {
  const python = /^executable = (.+)$/m.exec(readIfExists(join(venv, 'pyvenv.cfg')) ?? '')?.[1];
  return python !== undefined && existsSync(python) ? readIfExists(join(venv, 'complete')) : undefined;
}

/**
 * The folder of a virtual environment of pinned requirements; made when there is none for just these yet.
 * @param requirements path of a requirements file with hashes, in a folder that has the name of what is installed
 * @throws NotPossible without python3, or without PyPI when it has to be made
 */
export async function pythonEnvironment(requirements: string): Promise<string> {
  const name = basename(dirname(requirements));
  const version = createHash('sha256')
    .update(`${process.platform} ${process.arch}\n`)
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16);
  const venv = join(cacheFolder('python'), `${name}-${version}`);
  if (placeOf(venv) === venv) return venv;
  await mkdir(dirname(venv), { recursive: true });
  const waiting = { work: `installation of ${name}`, minutes: installationMinutes, say: console.error };
  const unlock = await waitForLock(`${venv}.lock`, waiting);
  try {
    const place = placeOf(venv);
    if (place === undefined) await install(name, venv, requirements);
    else if (place !== venv) await ofThisPlace(venv);
    // Last, so that an installation that was cut off is made anew.
    if (place !== venv) await writeFile(join(venv, 'complete'), venv);
  } finally {
    unlock();
  }
  return venv;
}

async function install(name: string, venv: string, requirements: string): Promise<void> {
  await requirePython(name);
  await rm(venv, { recursive: true, force: true });
  console.error(`installing ${name} from PyPI …`);
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
}
