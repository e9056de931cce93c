/** How the images of stack/compose.yaml are made on this machine, where no registry can be asked for them. */
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { elasticsearchHome } from '@sightline/servers/elasticsearch/distribution.ts';
import { findJdk } from '@sightline/servers/elasticsearch/java.ts';
import { type OwnedFolder, writeLayer, writeOwnedFolder } from '@sightline/stack/images/archive.ts';
import { debianLayer } from '@sightline/stack/images/debian.ts';
import {
  configuration,
  debianProgram,
  type Kitchen,
  layerOf,
  nodeLayer,
  path,
  type Recipe,
  recipeOf,
} from '@sightline/stack/images/recipes.ts';
import type { ProgramName } from '@sightline/tools/table.ts';
import { tool } from '@sightline/tools/tools.ts';

/** Gives new volumes their first content: the folder that it is mounted to, and whose that is. */
function withFolder(recipe: Recipe, folder: OwnedFolder): Recipe {
  return {
    ...recipe,
    make: async (kitchen, tag) => {
      const made = await recipe.make(kitchen, tag);
      const file = join(mkdtempSync(join(kitchen.workshop, 'folder-')), 'layer.tar');
      writeOwnedFolder(file, folder, kitchen.workshop);
      return { ...made, layers: [...made.layers, file] };
    },
  };
}

/**
 * A program of `tools` on Debian, whose wget the healthchecks run, as the registries' images have one.
 * @param others that its image has beside it
 */
const onDebian = (program: ProgramName, ...others: readonly ProgramName[]): Recipe => ({
  make: async (kitchen) => {
    const files: Record<string, string> = {};
    for (const each of [program, ...others])
      files[`usr/local/bin/${each}`] = await tool(each, { say: kitchen.say });
    return {
      layers: [await debianLayer(kitchen.say), layerOf(kitchen, files)],
      configuration: configuration({ Entrypoint: [`/usr/local/bin/${program}`] }),
    };
  },
});

/** A program of Debian, which there has another name. */
function calledOtherwise(insteadOf: string, debians: string, name: string): Recipe {
  const Entrypoint = [`/usr/local/bin/${name}`];
  return {
    insteadOf,
    make: async (kitchen) => {
      const folder = mkdtempSync(join(kitchen.workshop, 'name-'));
      const script = join(folder, name);
      writeFileSync(script, `#!/bin/sh\nexec ${debians} "$@"\n`);
      const layers = [
        await debianLayer(kitchen.say),
        layerOf(kitchen, { [`usr/local/bin/${name}`]: script }),
      ];
      return { layers, configuration: configuration({ Entrypoint }) };
    },
  };
}

async function makeElasticsearch(kitchen: Kitchen) {
  const home = await elasticsearchHome({ say: kitchen.say });
  const jdk = findJdk();
  if (jdk === undefined) throw new Error('Elasticsearch needs a JDK, and there is none here.');
  const folder = mkdtempSync(join(kitchen.workshop, 'elasticsearch-'));
  const target = join(folder, 'usr/share/elasticsearch');
  mkdirSync(target, { recursive: true });
  cpSync(home, target, { recursive: true, dereference: true });
  cpSync(jdk, join(target, 'jdk'), { recursive: true, dereference: true });
  writeLayer(`${folder}.tar`, folder);
  return {
    layers: [await debianLayer(kitchen.say), `${folder}.tar`],
    configuration: configuration({
      Env: [`PATH=/usr/share/elasticsearch/bin:${path}`, 'ES_JAVA_HOME=/usr/share/elasticsearch/jdk'],
    }),
  };
}

const justNode: Recipe = {
  make: async (kitchen) => ({
    layers: [await debianLayer(kitchen.say), nodeLayer(kitchen)],
    configuration: configuration({}),
  }),
};

/** Recipes by the image's name without its tag. An image that is not here can't be had, and is left out. */
export const composeRecipes: Readonly<Record<string, Recipe>> = {
  'sightline/todo-api': recipeOf('ghcr.io/sightline-example/todo-api'),
  'sightline/todo-api-backup': recipeOf('ghcr.io/sightline-example/todo-api-backup'),
  'sightline/library/node': justNode,
  'sightline/library/postgres': withFolder(recipeOf('docker.io/library/postgres'), {
    path: 'var/lib/postgresql',
    user: 999,
  }),
  'sightline/library/redis': recipeOf('docker.io/library/redis'),
  'sightline/library/haproxy': debianProgram("Debian's HAProxy 2.6"),
  'sightline/prometheus/prometheus': withFolder(onDebian('prometheus'), { path: 'prometheus', user: 65_534 }),
  'sightline/prometheus/alertmanager': withFolder(onDebian('alertmanager', 'amtool'), {
    path: 'alertmanager',
    user: 65_534,
  }),
  'sightline/prometheus/node-exporter': onDebian('node_exporter'),
  'sightline/prometheus/blackbox-exporter': recipeOf('quay.io/prometheus/blackbox-exporter'),
  'sightline/prometheuscommunity/postgres-exporter': calledOtherwise(
    "Debian's postgres exporter",
    'prometheus-postgres-exporter',
    'postgres_exporter',
  ),
  'sightline/prometheuscommunity/elasticsearch-exporter': calledOtherwise(
    "Debian's elasticsearch exporter",
    'prometheus-elasticsearch-exporter',
    'elasticsearch_exporter',
  ),
  'sightline/elasticsearch/elasticsearch': withFolder(
    { insteadOf: 'the small distribution for tests, on a JDK of this machine', make: makeElasticsearch },
    { path: 'usr/share/elasticsearch/data', user: 1000 },
  ),
};
