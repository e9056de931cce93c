/**
 * `node ci/workflows/release.ts check|notes`. `check`: may TAG be released? It prints what the workflow goes on with, a
 * `name=value` a line. `notes`: what TAG brings since the tag before it, as Markdown.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { type Commit, notesOf } from './notes.ts';
import { backupImageName, imageName, placeOf, releaseImages } from './release-of-overlay.ts';

function git(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`git ${args[0]}: ${(error?.message ?? stderr).trim()}`);
  return stdout;
}

/** The release that a tag is of. @throws Error with a sentence when it is none */
function releaseOf(tag: string): string {
  const [, release] = /^v((?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-[a-z0-9.]+)?)$/.exec(tag) ?? [];
  if (release === undefined) throw new Error(`TAG is "${tag}"; a release is tagged v1.2.3, or v1.2.3-rc.1.`);
  return release;
}

function check(tag: string): void {
  const release = releaseOf(tag);
  const { version } = JSON.parse(readFileSync(join(checkout, 'app/package.json'), 'utf8')) as {
    version: string;
  };
  if (version !== release)
    throw new Error(
      `${tag} is not the version of app/package.json (${version}), which build_info and the log say.`,
    );
  expectTag(tag);
  const isOnMain =
    git('branch', '--remotes', '--list', 'origin/main', '--contains', `${tag}^{commit}`).trim() !== '';
  if (!isOnMain) throw new Error(`${tag} is not on main, where it would have been checked.`);
  const name = placeOf(imageName, process.env);
  const backup = placeOf(backupImageName, process.env);
  console.log(
    `release=${release}\nname=${name}\nimage=${name}:${release}\nbackup_name=${backup}\nbackup_image=${backup}:${release}`,
  );
}

/** @throws Error with a sentence when Git doesn't have it */
function expectTag(tag: string): void {
  const { status } = spawnSync('git', ['rev-parse', '--verify', '--quiet', `refs/tags/${tag}`]);
  if (status !== 0)
    throw new Error(`There is no tag ${tag} here: git fetch --tags, or git tag ${tag} to make it.`);
}

/** The release before, by version; a pre-release counts only for another one. */
function tagBefore(tag: string): string | undefined {
  const tags = git('tag', '--merged', tag, '--list', 'v*', '--sort=-version:refname').split('\n');
  return tags.find((other) => !['', tag].includes(other) && (tag.includes('-') || !other.includes('-')));
}

function commitsBetween(from: string | undefined, to: string): readonly Commit[] {
  const range = from === undefined ? to : `${from}..${to}`;
  return git('log', '--no-merges', '--name-only', '--format=%x1e%h%x1f%s%x1f', range, '--')
    .split('\x1e')
    .slice(1)
    .map((record) => {
      const [id = '', subject = '', files = ''] = record.split('\x1f');
      return { id, subject, files: files.split('\n').filter((file) => file !== '') };
    });
}

function notes(tag: string): void {
  releaseOf(tag);
  expectTag(tag);
  const from = tagBefore(tag);
  const images = releaseImages.flatMap(({ name, variable }) =>
    process.env[variable] ? [`${placeOf(name, process.env)}@${process.env[variable]}`] : [],
  );
  process.stdout.write(notesOf({ commits: commitsBetween(from, tag), from, images }));
}

const commands: Readonly<Record<string, (tag: string) => void>> = { check, notes };

try {
  const [name = ''] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined)
    throw new Error(`There is ${Object.keys(commands).join(' and ')}, and no "${name}".`);
  command(process.env['TAG'] ?? '');
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
