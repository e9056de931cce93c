import { spawnSync } from 'node:child_process';
import { hasCode } from '@sightline/servers/atomic-file.ts';

const says = (...args: readonly string[]) =>
  spawnSync('docker', args, { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] });

let environment: NodeJS.ProcessEnv | undefined;

/** The builder that Docker had before takes the Dockerfile too, where the one of today is not installed. */
function environmentOfDocker(): NodeJS.ProcessEnv {
  environment ??=
    says('buildx', 'version').status === 0 ? process.env : { ...process.env, DOCKER_BUILDKIT: '0' };
  return environment;
}

const itIsPodman =
  'Podman stands in for Docker here: its API differs, and it keeps no log files that Filebeat could read';

/** Why Docker can't be used; undefined when it can. */
export function whyNoDocker(): string | undefined {
  const { status, stdout } = says('info', '--format={{json .}}');
  if (status !== 0) return 'no Docker daemon answers';
  // Podman's own `docker` describes itself under other names than Docker does.
  if (!stdout.includes('"ServerVersion"')) return itIsPodman;
  const server = says('version', '--format={{json .Server}}');
  return /podman/i.test(server.stdout ?? '') ? itIsPodman : undefined;
}

/** Where the daemon keeps its files, and where it listens, as paths of its machine. */
export interface DockerPlaces {
  readonly root: string;
  readonly socket: string;
}

const usualPlaces: DockerPlaces = { root: '/var/lib/docker', socket: '/var/run/docker.sock' };
/** Sockets that lead into a virtual machine: Docker Desktop's, Colima's, Rancher's, OrbStack's. In there it is in the usual place. */
const ofVirtualMachine = /^\/Users\/|\/\.(docker\/desktop|colima|lima|rd|orbstack)\//;
let places: DockerPlaces | undefined;

/**
 * Places that `docker info` and the context name; the usual places where they say nothing.
 */
export function dockerPlaces(): DockerPlaces {
  places ??= {
    root: says('info', '--format={{.DockerRootDir}}').stdout?.trim() || usualPlaces.root,
    socket: socketOfContext() ?? usualPlaces.socket,
  };
  return places;
}

function socketOfContext(): string | undefined {
  const { stdout } = says('context', 'inspect', '--format={{.Endpoints.docker.Host}}');
  const path = /^unix:\/\/(\/.+)$/m.exec(stdout ?? '')?.[1];
  return path === undefined || ofVirtualMachine.test(path) ? undefined : path;
}

/**
 * Runs docker and returns what it prints, but for the last line end.
 * @throws Error with the end of what it said
 */
export function docker(args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('docker', args, {
    encoding: 'utf8',
    env: environmentOfDocker(),
    maxBuffer: 256 * 1024 * 1024,
    timeout: 600_000,
  });
  if (status === 0) return stdout.trimEnd();
  if (hasCode(error, 'ENOENT')) throw new Error('There is no docker on the PATH.');
  const said = error?.message ?? `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(`docker ${args.slice(0, 2).join(' ')} failed: ${said}`);
}
