/** The images of a stack in Docker: those that are fetched, and our own, which are built. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { docker } from '../images/docker.ts';
import { compose, startCompose } from './compose.ts';
import type { ComposeService } from './file.ts';
import type { ComposeSettings } from './settings.ts';

/** For a registry that neither answers nor refuses. */
const firstAnswerMs = 60_000;

/** Images of services by the service's name, with what is filled in and laid over. */
function imagesOf(
  settings: ComposeSettings,
  services: readonly ComposeService[],
): ReadonlyMap<string, string> {
  const names = services.map(({ name }) => name);
  const text = compose(settings, names, ['config', '--format=json']);
  const { services: all } = JSON.parse(text) as { services: Record<string, { image: string }> };
  return new Map(names.map((name) => [name, all[name]?.image ?? '']));
}

const isHere = (image: string) =>
  spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore', timeout: 30_000 }).status === 0;

/** Images that have to be fetched. Our own are built here. */
export function missingImages(
  settings: ComposeSettings,
  services: readonly ComposeService[],
): readonly string[] {
  const fetched = services.filter(({ raw }) => raw.build === undefined);
  // What the service's image begins with.
  const base = process.env['NODE_IMAGE'];
  const images = new Set([...imagesOf(settings, fetched).values(), ...(base ? [base] : [])]);
  return [...images].filter((image) => !isHere(image));
}

/**
 * Why an image can't be fetched; undefined when its registry has it. Its manifest is asked for, a few kilobytes; where the
 * command may not (an old one, or only the daemon knows the proxy) the image itself is.
 */
export function whyNotFetched(image: string): string | undefined {
  const ask = (...args: readonly string[]) =>
    spawnSync('docker', args, {
      encoding: 'utf8',
      timeout: firstAnswerMs,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  if (ask('manifest', 'inspect', image).status === 0) return undefined;
  const { status, stderr, error } = ask('pull', '--quiet', image);
  if (status === 0) return undefined;
  const lines = (stderr ?? '').trim().split('\n');
  return (error === undefined ? lines.at(-1) : `no answer within ${firstAnswerMs / 1000} s`)?.replace(
    /^Error.*daemon: /,
    '',
  );
}

/** Fetches what is missing, with Docker's own progress. @throws Error when that fails */
export async function fetchImages(
  settings: ComposeSettings,
  services: readonly ComposeService[],
  interrupted: AbortSignal,
): Promise<void> {
  const names = services.filter(({ raw }) => raw.build === undefined).map(({ name }) => name);
  const child = startCompose(settings, names, ['pull', '--policy=missing', ...names]);
  const stop = () => child.kill('SIGINT');
  interrupted.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  interrupted.removeEventListener('abort', stop);
  interrupted.throwIfAborted();
  if (code !== 0)
    throw new Error('The images could not be fetched: see above. Natively: make up STACK=native');
}

/** The commit of this checkout, for the image's label; `unknown` outside of one. */
function revision(): string {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: checkout, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'unknown';
}

/** A build of the compose file, as far as it is looked at. */
interface Build {
  readonly image: string;
  readonly build: { readonly dockerfile?: string; readonly args?: Readonly<Record<string, string>> };
}

/**
 * Builds our own images; what has not changed since the last time comes from Docker's cache. API_IMAGE and BACKUP_IMAGE name
 * others, which are taken as they are.
 */
export function buildImages(
  settings: ComposeSettings,
  services: readonly ComposeService[],
  say: (line: string) => void,
): void {
  const names = services.filter(({ raw }) => raw.build !== undefined).map(({ name }) => name);
  if (names.length === 0) return;
  const { services: all } = JSON.parse(compose(settings, names, ['config', '--format=json'])) as {
    services: Record<string, Build>;
  };
  const given = new Set([process.env['API_IMAGE'], process.env['BACKUP_IMAGE']]);
  const builds = new Map(names.map((name) => [all[name]?.image ?? '', all[name]?.build ?? {}]));
  for (const [image, { dockerfile = 'Dockerfile', args = {} }] of builds) {
    if (given.has(image)) continue;
    say(`building ${image}, a minute the first time …`);
    docker([
      'build',
      `--file=${join(checkout, dockerfile)}`,
      `--tag=${image}`,
      ...Object.entries({ ...args, REVISION: revision() }).map(
        ([name, value]) => `--build-arg=${name}=${value}`,
      ),
      checkout,
    ]);
  }
}
