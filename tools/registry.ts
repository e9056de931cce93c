/** Asks a container registry about a tag, by the distribution protocol of the Open Container Initiative. */
import type { Reference } from './images.ts';

/** An image for several architectures first, since its digest is the same on all of them. */
const manifests = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const timeoutMs = 30_000;

/** docker.io is a name for people; its registry has another. */
const hostOf = (registry: string) => (registry === 'docker.io' ? 'registry-1.docker.io' : registry);

export interface Registries {
  /** Where a registry is asked; by default `https://` and its host. */
  readonly originOf?: (registry: string) => string;
}

/**
 * The digest (`sha256:…`) that a tag has now. Anonymous: for public images.
 * @throws Error with a sentence when the registry doesn't answer, or has no such tag
 */
export async function digestOf(
  { registry, repository, tag }: Reference,
  { originOf = (name) => `https://${hostOf(name)}` }: Registries = {},
): Promise<string> {
  const url = `${originOf(registry)}/v2/${repository}/manifests/${tag}`;
  const ask = (headers: Readonly<Record<string, string>>) =>
    request(url, { method: 'HEAD', headers: { accept: manifests, ...headers } });
  let answer = await ask({});
  if (answer.status === 401)
    answer = await ask({
      authorization: `Bearer ${await tokenFor(answer.headers.get('www-authenticate') ?? '')}`,
    });
  const digest = answer.headers.get('docker-content-digest');
  if (answer.status !== 200 || digest === null || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new Error(
      `${registry} gives no digest of ${repository}:${tag} (${answer.status}): is there such a tag, and is it public?`,
    );
  return digest;
}

/** A token for anybody, from where the registry says that it is to be had. */
async function tokenFor(challenge: string): Promise<string> {
  const parameters = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const { realm, service, scope } = parameters;
  if (!/^Bearer /i.test(challenge) || realm === undefined)
    throw new Error(`The registry wants a log-in of a kind that is not known here: ${challenge}`);
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== undefined) url.searchParams.set('scope', scope);
  const answer = await request(url.href, {});
  const body = (await answer.json()) as { token?: string; access_token?: string };
  const token = body.token ?? body.access_token;
  if (token === undefined) throw new Error(`${url.host} gives no token for anybody (${answer.status}).`);
  return token;
}

async function request(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...options, signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new Error(`${new URL(url).host} does not answer: ${reason}`, { cause: error });
  }
}
