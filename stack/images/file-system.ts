/** Carries out the instructions of a Dockerfile that fill the image's file system, where no Docker is. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Copy, Stage } from './dockerfile.ts';

/** The paths that a .dockerignore names; its pattern `*` and what that leaves in are what the Dockerfile copies anyway. */
export function ignoredIn(text: string): ReadonlySet<string> {
  return new Set(text.split('\n').filter((line) => /^[^#!*]/.test(line)));
}

function copy(checkout: string, root: string, rootOf: ReadonlyMap<string, string>, step: Copy, cwd: string) {
  const from = step.from === undefined ? checkout : rootOf.get(step.from);
  if (from === undefined) throw new Error(`The Dockerfile copies from a stage ${step.from} that it lacks.`);
  const ignored =
    step.from === undefined
      ? ignoredIn(readFileSync(join(checkout, '.dockerignore'), 'utf8'))
      : new Set<string>();
  const target = join(root, cwd, step.target);
  for (const source of step.sources) {
    const path = join(from, source);
    if (!existsSync(path)) throw new Error(`The Dockerfile copies ${source}, which is not in ${from}.`);
    cpSync(path, step.target.endsWith('/') ? join(target, basename(source)) : target, {
      recursive: true,
      // Links stay as they are: npm's lead from one place in the image to another.
      verbatimSymlinks: true,
      filter: (each) => !ignored.has(relative(from, each)),
    });
  }
}

/**
 * Settings of npm, where a command is npm: it takes what the lock file names from the cache of this machine, and tries again
 * when a connection says nothing for a minute, where npm waits for five.
 */
const npmSettings = { npm_config_prefer_offline: 'true', npm_config_fetch_timeout: '60000' };

/**
 * Makes the file systems of the stages in `workshop`, a folder each, without what their bases bring: programs of this
 * machine are run in their place. Returns the folder of the last one.
 * @throws Error with what a program said that failed
 */
export function makeFileSystem(checkout: string, stages: readonly Stage[], workshop: string): string {
  const rootOf = new Map<string, string>();
  let root = workshop;
  for (const { name, steps, configuration } of stages) {
    root = join(workshop, name);
    const cwd = configuration.WorkingDir ?? '/';
    mkdirSync(join(root, cwd), { recursive: true });
    rootOf.set(name, root);
    for (const step of steps) {
      if (step.does === 'copy') {
        copy(checkout, root, rootOf, step, cwd);
        continue;
      }
      const { status, stderr, error } = spawnSync('sh', ['-c', step.command], {
        cwd: join(root, cwd),
        encoding: 'utf8',
        env: { ...process.env, ...npmSettings },
      });
      if (status !== 0)
        throw new Error(`The Dockerfile's "${step.command}" failed: ${error?.message ?? stderr.trim()}`);
    }
  }
  return root;
}
