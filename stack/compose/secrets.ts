/** The secrets of a stack in Docker: generated at its first start, kept in its folder. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFileOnce } from '@sightline/servers/atomic-file.ts';
import { password } from '@sightline/servers/secrets.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { localSecrets } from '../kubernetes/local-secrets.ts';

const folderOf = (stackDirectory: string) => join(pathsIn(stackDirectory).secrets, 'compose');

/** The folder of the files that containers get, as the environment variable SECRETS of the compose file has it. */
export const mountedSecrets = (stackDirectory: string) => join(folderOf(stackDirectory), 'mounted');

/** Users of Elasticsearch, each with the role of its name (elasticsearch-roles.yml). */
const elasticsearchUsers = ['log-reader', 'log-monitor'] as const;

/**
 * Hashes a password as Elasticsearch keeps it in its file `users`: PBKDF2 with SHA-512, 10,000 rounds, 32
 * bytes of salt and of key.
 */
export function passwordHash(password: string): string {
  const rounds = 10_000;
  const salt = randomBytes(32);
  const key = pbkdf2Sync(password, salt, rounds, 32, 'sha512');
  return `{PBKDF2}${rounds}$${salt.toString('base64')}$${key.toString('base64')}`;
}

/**
 * Writes the files unless they are there; the stack's folder exists. They can be read by all, since each container has a user
 * of its own, but their folder entered by its owner only: Docker mounts them file by file.
 * @throws Error of the file system, or a sentence when there is no openssl
 */
export async function writeSecrets(stackDirectory: string): Promise<void> {
  const kept = join(folderOf(stackDirectory), 'kept');
  const mounted = mountedSecrets(stackDirectory);
  const passwords = elasticsearchUsers.map((name) => ({ name, password: password(kept, name) }));
  const lines = (line: (user: { name: string; password: string }) => string) =>
    `${passwords.map(line).join('\n')}\n`;
  const files = [
    ...(await localSecrets(kept)).flatMap(({ metadata, stringData }) =>
      Object.entries(stringData).map(([key, value]) => [metadata.name, key, () => value] as const),
    ),
    [
      'postgresql-superuser-url',
      'url',
      () => `postgres://postgres:${password(kept, 'postgresql-superuser')}@postgresql:5432/todo`,
    ] as const,
    ...passwords.map((user) => ['elasticsearch-passwords', user.name, () => user.password] as const),
    [
      'elasticsearch-users',
      'users',
      () => lines((user) => `${user.name}:${passwordHash(user.password)}`),
    ] as const,
    ['elasticsearch-users', 'users_roles', () => lines(({ name }) => `${name}:${name}`)] as const,
  ];
  for (const [folder, key, make] of files) {
    mkdirSync(join(mounted, folder), { recursive: true });
    createFileOnce(join(mounted, folder, key), make, 0o444);
  }
}
