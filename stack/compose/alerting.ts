/** Whom the Alertmanager of a stack in Docker tells, by the same variables as natively (monitoring/alertmanager/README.md). */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { amtoolChecks } from '@sightline/monitoring/alertmanager/check.ts';
import { alertmanagerConfiguration } from '@sightline/monitoring/alertmanager/configuration.ts';
import { type AlertingSettings, readAlertingSettings } from '@sightline/monitoring/alertmanager/settings.ts';
import { replaceFile } from '@sightline/servers/atomic-file.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { type Check, programChecks, replaceChecked } from '@sightline/tools/checked-file.ts';
import { readImages } from '@sightline/tools/images.ts';

/** Its configuration, and a compose file: mounts of the secrets which that refers to, and a way out where it needs one. */
export function alertingFiles(stackDirectory: string) {
  const folder = pathsIn(stackDirectory).data('compose');
  return {
    folder,
    configuration: join(folder, 'alertmanager.yaml'),
    mounts: join(folder, 'alerting-secrets.yaml'),
  };
}

/**
 * Writes both. @throws AlertingSettingsError when a variable is wrong, and an error with what amtool said when that refuses
 * the configuration; what was there stays
 */
export function writeAlerting(stackDirectory: string, environment: NodeJS.ProcessEnv): void {
  const { ALERT_WINDOWS: windows = '' } = environment;
  if (windows !== '' && windows !== 'real')
    throw new Error(
      `ALERT_WINDOWS=${windows} is for native stacks (STACK=native), as \`make drill\` starts them.`,
    );
  const settings = readAlertingSettings({
    ALERT_WEBHOOK_URL: 'http://webhook:9095/',
    // Whoever tries a stack wants to see its tickets at once; what the environment says is stronger.
    ALERT_WORKING_HOURS: 'always',
    ...environment,
  });
  // At the same path as here.
  const secrets = Object.entries(environment)
    .filter(([name, path]) => /^ALERT_\w+_FILE$/.test(name) && path)
    .map(([, path = '']) => resolve(path))
    .map((path) => ({ type: 'bind', source: path, target: path, read_only: true, bind: mustBeThere }));
  const { folder, configuration, mounts } = alertingFiles(stackDirectory);
  mkdirSync(folder, { recursive: true });
  // JSON is YAML too. Readable by the user of its container.
  const text = `${JSON.stringify(alertmanagerConfiguration(settings), null, 2)}\n`;
  replaceChecked(configuration, text, checkFor(configuration, environment), 0o644);
  replaceFile(mounts, `${JSON.stringify(override(secrets, isOutside(settings)), null, 2)}\n`);
}

const ownHost = 'webhook';
const mustBeThere = { create_host_path: false };

/** Whether anybody is told who is not in the networks of the stack; an address in a file may be anywhere. */
function isOutside({ page, ticket, webhook, watchdog }: AlertingSettings): boolean {
  const isOwn = (address: AlertingSettings['webhook']) =>
    'url' in address && new URL(address.url).hostname === ownHost;
  return [...page, ...ticket].some((channel) => channel !== 'webhook') || !isOwn(webhook) || !isOwn(watchdog);
}

/** The first network by name that isn't internal has the way out: `outside` comes before `published`, which has none. */
function override(volumes: readonly object[], isOutside: boolean): object {
  const networks = isOutside ? { networks: { outside: {} } } : {};
  const mounts = volumes.length > 0 ? { volumes } : {};
  return { services: { alertmanager: { ...mounts, ...networks } }, ...networks };
}

/**
 * Checks with the amtool of the image that is to run, once it was fetched, since time zones are its own; else
 * by that of this machine.
 */
function checkFor(configuration: string, environment: NodeJS.ProcessEnv): Check {
  const image = environment['ALERTMANAGER_IMAGE'] || imageOf('ALERTMANAGER_IMAGE');
  if (spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore', timeout: 30_000 }).status !== 0)
    return amtoolChecks(configuration);
  const templates = join(checkout, 'monitoring/alertmanager/templates');
  return (candidate) =>
    programChecks(
      'docker',
      [
        ...['run', '--rm', '--network=none', '--entrypoint=amtool'],
        `--volume=${candidate}:/checked/alertmanager.yaml:ro`,
        `--volume=${templates}:/checked/templates:ro`,
        ...[image, 'check-config', '/checked/alertmanager.yaml'],
      ],
      configuration,
    );
}

function imageOf(variable: string): string {
  const reference = readImages()[variable];
  if (reference === undefined) throw new Error(`images.env has no ${variable}.`);
  const { registry, repository, tag, digest } = reference;
  return `${registry}/${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;
}
