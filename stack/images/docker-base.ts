/** The base image for Docker, where none can be pulled: Debian with Node.js and npm. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkout } from '../native/settings.ts';
import { writeLayer } from './archive.ts';
import { debianLayer, whyNoDebian } from './debian.ts';
import { docker } from './docker.ts';

/** What this machine trusts: npm in the container asks the same registry as npm here. */
const authorities = '/etc/ssl/certs/ca-certificates.crt';

function npmFolder(): string {
  const { stdout } = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' });
  if (stdout === '') throw new Error('There is no npm on the PATH, for the base image.');
  // …/npm/bin/npm-cli.js
  return resolve(realpathSync(stdout.trim()), '../..');
}

/** Makes the image `name`. @throws Error with what a program said */
export function importBase(name: string, say: (line: string) => void): void {
  const obstacle = whyNoDebian();
  if (obstacle !== undefined)
    throw new Error(`No base image can be made here: ${obstacle}. Give one by NODE_IMAGE.`);
  const cache = join(checkout, '.cache/images');
  mkdirSync(cache, { recursive: true });
  const debian = debianLayer(cache, say);
  const workshop = mkdtempSync(join(cache, 'run-'));
  try {
    const root = join(workshop, 'root');
    const local = join(root, 'usr/local');
    mkdirSync(join(local, 'bin'), { recursive: true });
    mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
    copyFileSync(process.execPath, join(local, 'bin/node'));
    cpSync(npmFolder(), join(local, 'lib/node_modules/npm'), { recursive: true });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
    if (existsSync(authorities)) {
      mkdirSync(dirname(join(root, authorities)), { recursive: true });
      copyFileSync(authorities, join(root, authorities));
    }
    // On top of Debian, whose archive goes first.
    const own = join(workshop, 'own.tar');
    writeLayer(own, root);
    const whole = join(workshop, 'whole.tar');
    copyFileSync(debian, whole);
    const { status, stderr } = spawnSync('tar', ['--concatenate', `--file=${whole}`, own], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tar could not write the base image: ${stderr.trim()}`);
    docker(['import', '--change', `ENV NODE_EXTRA_CA_CERTS=${authorities}`, whole, name]);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
