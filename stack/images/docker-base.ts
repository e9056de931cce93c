/** The base image for Docker, where none can be pulled: Debian with Node.js and npm. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeArchive, writeLayer } from './archive.ts';
import { debianLayer, whyNoDebian } from './debian.ts';
import { docker } from './docker.ts';
import { path } from './recipes.ts';
import { inWorkshop } from './workshop.ts';

/**
 * The certificate authorities that this machine trusts: npm in the container asks the same registry as npm
 * here.
 */
const authorities = '/etc/ssl/certs/ca-certificates.crt';

function npmFolder(): string {
  const { stdout } = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' });
  if (stdout === '') throw new Error('There is no npm on the PATH, for the base image.');
  // …/npm/bin/npm-cli.js
  return resolve(realpathSync(stdout.trim()), '../..');
}

/** Makes the image `name`. @throws Error with what a program said */
export async function loadBase(name: string, say: (line: string) => void): Promise<void> {
  const obstacle = whyNoDebian();
  if (obstacle !== undefined)
    throw new Error(`No base image can be made here: ${obstacle}. Give one by NODE_IMAGE.`);
  const debian = await debianLayer(say);
  await inWorkshop((workshop) => {
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
    const own = join(workshop, 'own.tar');
    writeLayer(own, root);
    const archive = join(workshop, 'image.tar');
    const configuration = { Env: [`PATH=${path}`, `NODE_EXTRA_CA_CERTS=${authorities}`], Labels: {} };
    writeArchive(archive, [{ name, layers: [debian, own], configuration }], workshop);
    docker(['load', `--input=${archive}`]);
  });
}
