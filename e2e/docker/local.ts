/**
 * The compose stack on images that are made here, where no registry can be reached: Grafana, Kibana, Logstash, Filebeat and
 * Jaeger can't be had, and the log shipper takes the log path.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { type ComposeService, type RawService, readRawFile } from '@sightline/stack/compose/file.ts';
import { docker } from '@sightline/stack/images/docker.ts';
import { makeImages, splitReference } from '@sightline/stack/images/make.ts';
import { inWorkshop } from '@sightline/stack/images/workshop.ts';
import { readImages } from '@sightline/tools/images.ts';
import { composeRecipes } from './local-recipes.ts';

/** Our own images: made by the Dockerfiles' instructions, without Docker's builder. By the variable that names each. */
export const ownImages = {
  API_IMAGE: 'sightline/todo-api:local',
  BACKUP_IMAGE: 'sightline/todo-api-backup:local',
} as const;

/**
 * The reference of what is made in place of a service's image. Not by that image's own name: Docker would take
 * it for the published one later, in a stack of a user's or as the base of a Dockerfile, which needs its npm.
 */
function imageOf({ image }: RawService): string {
  const variable = /^\$\{([A-Z_]+_IMAGE):\?\}$/.exec(image)?.[1];
  if (variable === undefined)
    return image.includes('BACKUP_IMAGE') ? ownImages.BACKUP_IMAGE : ownImages.API_IMAGE;
  const reference = readImages()[variable];
  if (reference === undefined) throw new Error(`images.env has no ${variable}.`);
  return `sightline/${reference.repository}:${reference.tag}`;
}

const canBeMade = (service: ComposeService) => splitReference(imageOf(service.raw))[0] in composeRecipes;

/** The services that can run here, and the names of those that can't: with what depends on that. */
export function runnable(services: readonly ComposeService[]) {
  const out = new Set(services.filter((service) => !canBeMade(service)).map(({ name }) => name));
  // A set's iteration also visits what is added on the way.
  for (const name of out)
    for (const { name: next, dependsOn } of services) if (dependsOn.includes(name)) out.add(next);
  return { services: services.filter(({ name }) => !out.has(name)), skipped: [...out] };
}

/** Makes the images of these services and gives them to Docker. */
export async function loadImages(
  services: readonly ComposeService[],
  say: (line: string) => void,
): Promise<void> {
  const references = [...new Set(services.map(({ raw }) => imageOf(raw)))];
  await inWorkshop(async (workshop) => {
    const archive = join(workshop, 'compose-images.tar');
    await makeImages(references, archive, say, composeRecipes);
    docker(['load', `--input=${archive}`]);
  });
}

/** Two processes: the service, and what keeps its lines in a file as well. The signal to stop is for the service alone. */
const keepingLines = (file: string) => [
  'bash',
  '-c',
  'set -m -o pipefail; trap "kill -TERM %1" TERM; ' +
    `node app/src/main.ts | (trap "" TERM; exec tee -a ${file}) & wait %1; wait %1`,
];

const instances = ['api-1', 'api-2'] as const;
const logFolder = '/var/log/todo-api';

/** A compose file that is laid over the stack's, written into `folder`. Returns its path. */
export function writeOverride(folder: string, services: readonly ComposeService[]): string {
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true });
  // Of the user of the service's container.
  chmodSync(logs, 0o777);
  const bind = (source: string, target: string, readOnly = true) => ({
    type: 'bind',
    source,
    target,
    read_only: readOnly,
  });
  const settings = join(folder, 'elasticsearch.yml');
  writeFileSync(
    settings,
    withoutModules(readFileSync(join(checkout, 'stack/compose/elasticsearch.yml'), 'utf8')),
  );
  const images = Object.fromEntries(services.map(({ name, raw }) => [name, { image: imageOf(raw) }]));
  const { 'log-setup': setUp } = readRawFile().services;
  const own = (path: string) => bind(join(checkout, path), `/srv/sightline/${path}`);
  const override = {
    services: {
      ...images,
      ...Object.fromEntries(
        instances.map((name) => [
          name,
          {
            image: ownImages.API_IMAGE,
            entrypoint: keepingLines(`${logFolder}/${name}.log`),
            command: [],
            volumes: [bind(logs, logFolder, false)],
          },
        ]),
      ),
      'log-setup': {
        image: images['log-setup']?.image,
        environment: { LOG_CREDENTIALS: 'none' },
      },
      'log-shipper': {
        image: images['log-setup']?.image,
        profiles: ['logs'],
        restart: 'on-failure',
        read_only: true,
        cap_drop: ['ALL'],
        mem_limit: '192m',
        user: '0:0',
        working_dir: '/srv/sightline',
        command: ['node', 'logging/shipper/main.ts'],
        environment: {
          ELASTICSEARCH_URL: 'https://elasticsearch:9200',
          ELASTICSEARCH_CA_FILE: '/run/secrets/elasticsearch-authority',
          ELASTICSEARCH_PASSWORD_FILE: '/run/secrets/elastic-password',
          SHIPPER_FILES: `${logFolder}/*.log`,
          SHIPPER_STATE_DIRECTORY: '/var/lib/log-shipper',
          SHIPPER_HOST: '0.0.0.0',
          SHIPPER_PORT: '9465',
        },
        secrets: ['elasticsearch-authority', 'elastic-password'],
        volumes: [
          own('package.json'),
          own('node_modules'),
          own('logging'),
          own('packages'),
          bind(logs, logFolder),
        ],
        tmpfs: ['/var/lib/log-shipper'],
        depends_on: { 'log-setup': setUp && { condition: 'service_completed_successfully' } },
        networks: ['logs'],
        'x-summary': 'brings the log lines of the API to Elasticsearch, in place of Filebeat and Logstash',
      },
    },
    configs: { elasticsearch: { file: settings } },
  };
  const file = join(folder, 'override.yaml');
  // JSON is YAML too.
  writeFileSync(file, JSON.stringify(override, null, 2));
  return file;
}

/** The small distribution refuses settings of modules that it lacks. */
const withoutModules = (settings: string) => settings.replace(/^(#.*\n)?ingest\..*\n/gm, '');
