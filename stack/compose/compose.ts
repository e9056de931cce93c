/** Runs `docker compose` on the stack's file. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { prefixed } from '@sightline/telemetry/terminal.ts';
import { docker, dockerPlaces } from '../images/docker.ts';
import { alertingFiles } from './alerting.ts';
import { composeFile } from './file.ts';
import { ruleFiles } from './rules.ts';
import { mountedSecrets } from './secrets.ts';
import type { ComposeSettings } from './settings.ts';

/** Why `docker compose` can't be used; undefined when it can. */
export function whyNoCompose(): string | undefined {
  const { status } = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore', timeout: 10_000 });
  return status === 0 ? undefined : 'docker has no `compose`: https://docs.docker.com/compose/install';
}

/** The state of a service's container. */
export interface ServiceState {
  readonly name: string;
  readonly container: string;
  readonly state: string;
  /** '' where there is no healthcheck. */
  readonly health: string;
  readonly exitCode: number;
  /** Time of the last start, as Docker writes it. */
  readonly startedAt: string;
  /** How often Docker started it again by itself, since somebody did. */
  readonly restarts: number;
  /** Whether its last end was for its limit of memory. */
  readonly ranOutOfMemory: boolean;
}

const collector = 'http://jaeger:4318';

/** The variables that the compose file needs beyond the images. */
function variables(
  { stackDirectory, ports }: ComposeSettings,
  services: readonly string[],
): NodeJS.ProcessEnv {
  const { root, socket } = dockerPlaces();
  const rules = ruleFiles(stackDirectory);
  return {
    ...process.env,
    DOCKER_CONTAINERS: join(root, 'containers'),
    DOCKER_SOCKET: socket,
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    SECRETS: mountedSecrets(stackDirectory),
    ALERTMANAGER_FILE: alertingFiles(stackDirectory).configuration,
    ALERT_RULES_FILE: rules.alerts,
    // Else they would tell of backups that nobody takes.
    BACKUP_RULES_FILE: services.includes('backups') ? rules.backups : '/dev/null',
    ...(services.includes('jaeger') && !process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
      ? { OTEL_EXPORTER_OTLP_ENDPOINT: collector }
      : {}),
  };
}

/** Further compose files, merged over the stack's own: COMPOSE_OVERRIDE, paths with a colon between them. */
const overrides = () => (process.env['COMPOSE_OVERRIDE'] ?? '').split(':').filter((path) => path !== '');

function argumentsFor({ project, stackDirectory }: ComposeSettings, args: readonly string[]): string[] {
  // Not there before the first start.
  const mounts = [alertingFiles(stackDirectory).mounts].filter((file) => existsSync(file));
  const files = [composeFile, ...mounts, ...overrides()];
  return [
    'compose',
    `--project-name=${project}`,
    `--env-file=${join(checkout, 'images.env')}`,
    ...files.map((file) => `--file=${file}`),
    // Which services are meant is always said by name.
    '--profile=*',
    ...args,
  ];
}

/**
 * Runs a command to its end and returns what it prints.
 * @param services those of the stack, which decide on some variables
 * @throws Error with the end of what it said
 */
export function compose(
  settings: ComposeSettings,
  services: readonly string[],
  args: readonly string[],
): string {
  const { status, stdout, stderr, error } = spawnSync('docker', argumentsFor(settings, args), {
    encoding: 'utf8',
    env: variables(settings, services),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(failure(args, error?.message ?? `${stdout}\n${stderr}`));
}

/** Starts a command whose output is shown, or with `pipe` left to the caller. */
export function startCompose(
  settings: ComposeSettings,
  services: readonly string[],
  args: readonly string[],
  output: 'inherit' | 'pipe' = 'inherit',
): ChildProcess {
  return spawn('docker', argumentsFor(settings, args), {
    env: variables(settings, services),
    stdio: ['ignore', output, output],
  });
}

/** A command at work, whose output is kept for the case that it fails. It ends with `signal`. */
export async function composeInBackground(
  settings: ComposeSettings,
  services: readonly string[],
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const child = spawn('docker', argumentsFor(settings, args), {
    env: variables(settings, services),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-20_000);
    });
  const stop = () => child.kill('SIGINT');
  signal.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'close').finally(() => signal.removeEventListener('abort', stop))) as [
    number | null,
  ];
  signal.throwIfAborted();
  if (code !== 0) throw new Error(failure(args, said));
}

function failure(args: readonly string[], said: string): string {
  const lines = said.trim().split('\n').slice(-8).join('\n');
  return `docker compose ${args[0]} failed:\n${prefixed(lines, '    ')}`;
}

const fields = [
  '{{index .Config.Labels "com.docker.compose.service"}}',
  '{{.Name}}',
  '{{.State.Status}}',
  '{{if .State.Health}}{{.State.Health.Status}}{{end}}',
  '{{.State.ExitCode}}',
  '{{.State.StartedAt}}',
  '{{.RestartCount}}',
  '{{.State.OOMKilled}}',
].join('\t');

/** The containers of the stack, the stopped ones as well. @throws Error with what docker said */
export function statesOf({ project }: ComposeSettings): readonly ServiceState[] {
  const filter = `--filter=label=com.docker.compose.project=${project}`;
  const ids = docker(['ps', '--all', '--quiet', filter]).split('\n');
  // It fails when one has gone since it was listed, as compose replaces what is to be different, and tells of the others.
  const { stdout } = spawnSync(
    'docker',
    ['inspect', `--format=${fields}`, ...ids.filter((id) => id !== '')],
    {
      encoding: 'utf8',
    },
  );
  return stdout
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map((line) => {
      const [name = '', container = '', state = '', health = '', exitCode, startedAt = '', restarts, memory] =
        line.split('\t');
      return {
        name,
        container: container.slice(1),
        state,
        health,
        exitCode: Number(exitCode),
        startedAt,
        restarts: Number(restarts),
        ranOutOfMemory: memory === 'true',
      };
    });
}
