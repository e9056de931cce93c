/** `node terraform/tflint.ts` builds tflint, unless it is there. It takes minutes, so only workflows do it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeCacheEntry } from '@sightline/servers/cache-entry.ts';
import { cacheFolder } from '@sightline/settings/cache.ts';

const release = '0.64.0';
/** The oldest Go that builds it, by the go.mod of that release. */
export const tflintGo = '1.26.3';
const folder = join(cacheFolder('tools'), `tflint-${release}-${process.platform}-${process.arch}`);

/** On the PATH, or where it was built. */
const places = ['tflint', join(folder, 'tflint')];

/** The command of a tflint of the right release; undefined when there is none. */
export function tflintCommand(): string | undefined {
  return places.find((command) => {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8', timeout: 30_000 });
    return status === 0 && stdout.includes(release);
  });
}

/** Why tflint can't be run here; undefined when it can. */
export function whyNoTflint(): string | undefined {
  return tflintCommand() === undefined
    ? `tflint ${release} is neither on the PATH nor built; to build it takes minutes: make test-terraform`
    : undefined;
}

function build(into: string): string {
  console.error(`building tflint ${release} by Go; this takes minutes …`);
  const { status, error } = spawnSync('go', ['install', `github.com/terraform-linters/tflint@v${release}`], {
    env: { ...process.env, GOBIN: into },
    stdio: 'inherit',
  });
  if (error !== undefined)
    throw new Error(`Go can't be run: ${error.message}. Install it: https://go.dev/dl`);
  if (status !== 0) throw new Error(`Go did not build tflint; it ended with ${status}.`);
  return into;
}

if (import.meta.main && tflintCommand() === undefined) {
  try {
    await makeCacheEntry(folder, build, { work: 'build of tflint', minutes: 30, say: console.error });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
