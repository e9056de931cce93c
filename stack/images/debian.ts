/** The layer that images of this machine begin with, in place of what a registry would give: a small Debian. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeCacheEntry } from '@sightline/servers/cache-entry.ts';
import { writeLayer } from './archive.ts';
import { cache } from './workshop.ts';

/** Packages that Node.js is linked with, and those of programs that only Debian has. */
const packages = [
  'ca-certificates',
  'haproxy',
  'libatomic1',
  'libstdc++6',
  'postgresql-client-15',
  'prometheus-blackbox-exporter',
  'prometheus-elasticsearch-exporter',
  'prometheus-postgres-exporter',
  'python3',
  'redis-server',
  'wget',
] as const;

const release = () => /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
const runs = (command: string) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command]).status === 0;

/** Why no layer can be made here; undefined when it can. */
export function whyNoDebian(): string | undefined {
  if (process.platform !== 'linux' || !runs('apt-get'))
    return 'images are made of Debian packages, on Debian';
  return process.getuid?.() === 0
    ? undefined
    : 'debootstrap, which makes them of Debian packages, runs as root';
}

function run(command: string, args: readonly string[]): string {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env });
  if (status === 0) return stdout;
  // debootstrap tells on stdout.
  const said = error?.message ?? `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n');
  throw new Error(`${command} failed: ${said}`);
}

/**
 * The path of the layer, kept from run to run. Takes half a minute the first time.
 * @throws Error with what debootstrap said
 */
export async function debianLayer(say: (line: string) => void): Promise<string> {
  const codename = release() ?? '';
  const key = createHash('sha256')
    .update(JSON.stringify([codename, process.arch, packages]))
    .digest('hex')
    .slice(0, 12);
  const directory = join(cache(), `debian-${key}`);
  const make = (folder: string) => {
    say(`making a Debian ${codename} of ${packages.join(', ')}, about 60 s …`);
    bootstrap(codename, folder);
    return folder;
  };
  await makeCacheEntry(directory, make, { work: 'making of a Debian', minutes: 30, say });
  return join(directory, 'layer.tar');
}

function bootstrap(codename: string, folder: string): void {
  if (!runs('debootstrap')) {
    run('apt-get', ['update']);
    run('apt-get', ['install', '--yes', '--no-install-recommends', 'debootstrap']);
  }
  // The mirror that this machine's own packages come from.
  const targets = run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI)',
    'Created-By: Packages',
    `Codename: ${codename}`,
  ]);
  const mirror = targets.split('\n').find((line) => line.endsWith('/debian/'));
  const root = join(folder, 'root');
  run('debootstrap', [
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    codename,
    root,
    ...(mirror ? [mirror] : []),
  ]);
  writeLayer(join(folder, 'layer.tar'), root);
  rmSync(root, { recursive: true });
}
