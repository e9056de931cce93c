import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Launch } from './launch.ts';

/** A way to run programs that refuse root. */
export interface Identity {
  /** The owner that files of such a program need, as seen from here. Undefined: whoever runs this. */
  owner: { uid: number; gid: number } | undefined;
  /** The same launch under that user. */
  wrap: (launch: Launch) => Launch;
}

const unchanged: Identity = { owner: undefined, wrap: (launch) => launch };

/**
 * Finds a user other than root under whom `program` can run on files in `directory` (which may not exist yet, its
 * parent does): as we are, when that isn't root; else the user `nobody`; else, where `nobody` can't reach the
 * folders, a user namespace that calls root `nobody`. Each is tried for real.
 * @param entered folders beside `directory` that the program has to reach
 * Throws an error that says what to do when none works.
 */
export function unprivilegedIdentity(
  program: string,
  directory: string,
  entered: readonly string[] = [],
): Identity {
  const folders = [dirname(directory), ...entered];
  const identity = findIdentity(program, folders);
  if (identity) return identity;
  throw new Error(
    `${program} refuses to run as root, the user "nobody" can't reach it or ${folders.join(', ')}, and "unshare ` +
      '--user" does not work here. Run as a normal user, or move the checkout, STACK_DIR and SIGHTLINE_CACHE to ' +
      'folders that other users may enter (chmod o+x on each folder above them).',
  );
}

/** Whether programs that refuse root can be run on files in a folder, as `unprivilegedIdentity` does. */
export const canBeEntered = (folder: string): boolean => findIdentity('true', [folder]) !== undefined;

function findIdentity(program: string, folders: readonly string[]): Identity | undefined {
  if (process.getuid?.() !== 0) return unchanged;
  const nobody = { uid: idOf('-u'), gid: idOf('-g') };
  const candidates: Identity[] = [
    { owner: nobody, wrap: (launch) => ({ ...launch, ...nobody }) },
    {
      owner: { uid: 0, gid: 0 },
      wrap: (launch) => ({
        ...launch,
        command: 'unshare',
        args: [
          '--user',
          `--map-user=${nobody.uid}`,
          `--map-group=${nobody.gid}`,
          '--',
          launch.command,
          ...launch.args,
        ],
      }),
    },
  ];
  return candidates.find((candidate) => works(candidate, program, folders));
}

/** Makes `path` and all in it belong to the identity's owner. Throws when `chown` fails. */
export function giveTo(identity: Identity, path: string): void {
  if (identity.owner === undefined || lstatSync(path).uid === identity.owner.uid) return;
  const chown = spawnSync('chown', ['-R', `${identity.owner.uid}:${identity.owner.gid}`, path], {
    encoding: 'utf8',
  });
  if (chown.status !== 0) throw new Error(`chown of ${path} failed: ${chown.stderr.trim()}`);
}

function works(identity: Identity, program: string, folders: readonly string[]): boolean {
  return [
    ...folders.map((folder) =>
      identity.wrap({
        command: '/bin/sh',
        args: ['-c', 'test -x "$1" && test -r /etc/passwd', 'sh', folder],
      }),
    ),
    // Last, since a Java takes long to say its version.
    identity.wrap({ command: program, args: ['--version'] }),
  ].every(({ command, args, ...launch }) => {
    const { uid, gid } = launch;
    const run = spawnSync(command, args, {
      cwd: '/',
      stdio: 'ignore',
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    return run.status === 0;
  });
}

function idOf(which: '-u' | '-g'): number {
  const id = spawnSync('id', [which, 'nobody'], { encoding: 'utf8' });
  if (id.status !== 0) throw new Error('There is no user "nobody" here to run it as: run as a normal user.');
  // macOS calls it 4294967294 where spawn takes -2.
  return Number(id.stdout) | 0;
}
