/** Writes images as `docker save` does, for `ctr images import`, `docker load` or `kind load image-archive`. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ImageConfiguration } from './dockerfile.ts';

export interface Image {
  /** Its name in the manifests, with its tag. */
  readonly name: string;
  /** Paths of layers, each a tar file, the lowest first. */
  readonly layers: readonly string[];
  readonly configuration: ImageConfiguration;
}

function tar(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('tar', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tar could not write an image: ${error?.message ?? stderr.trim()}`);
}

/**
 * A layer of all that is in a folder, owned by root and readable by all, as every image here is. What the kernel
 * provides in a container (`dev`, `proc`, `sys`), and what Debian's programs keep to install others, stays out.
 */
export function writeLayer(file: string, folder: string): void {
  const left = ['./dev/*', './proc/*', './sys/*', './var/cache/*', './var/lib/apt/lists/*'];
  tar([
    '--create',
    `--file=${file}`,
    `--directory=${folder}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=a+rX',
    '--sort=name',
    ...left.map((pattern) => `--exclude=${pattern}`),
    '.',
  ]);
}

/** A layer of nothing but an empty folder that belongs to a user: what a new volume there begins with. */
export function writeOwnedFolder(file: string, { path, user }: OwnedFolder, workshop: string): void {
  const root = mkdtempSync(join(workshop, 'owned-'));
  mkdirSync(join(root, path), { recursive: true });
  const owner = [`--owner=${user}`, `--group=${user}`, '--numeric-owner', '--mode=0755'];
  tar(['--create', `--file=${file}`, `--directory=${root}`, ...owner, '--no-recursion', path]);
}

export interface OwnedFolder {
  /** Without the slash at its beginning. */
  readonly path: string;
  /** Id, and that of its group. */
  readonly user: number;
}

function digestOf(file: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(4 * 1024 * 1024);
  const descriptor = openSync(file, 'r');
  try {
    for (let read = 1; read > 0; ) {
      read = readSync(descriptor, chunk);
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64' };

/** Writes the images to one archive; layers that they share are in it once. `workshop` is on the file system of the layers. */
export function writeArchive(file: string, images: readonly Image[], workshop: string): void {
  const folder = mkdtempSync(join(workshop, 'archive-'));
  try {
    const digests = new Map<string, string>();
    for (const layer of new Set(images.flatMap(({ layers }) => layers))) {
      const digest = digestOf(layer);
      digests.set(layer, digest);
      linkSync(layer, join(folder, `${digest}.tar`));
    }
    const manifest = images.map(({ name, layers, configuration }) => {
      const ids = layers.map((layer) => digests.get(layer) ?? '');
      const config = JSON.stringify({
        architecture: architectures[process.arch] ?? process.arch,
        os: 'linux',
        created: '1970-01-01T00:00:00Z',
        config: configuration,
        rootfs: { type: 'layers', diff_ids: ids.map((id) => `sha256:${id}`) },
        history: layers.map(() => ({ created_by: 'stack/images' })),
      });
      const Config = `${createHash('sha256').update(config).digest('hex')}.json`;
      writeFileSync(join(folder, Config), config);
      return { Config, RepoTags: [name], Layers: ids.map((id) => `${id}.tar`) };
    });
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    tar(['--create', `--file=${file}`, `--directory=${folder}`, '--owner=0', '--group=0', '.']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
