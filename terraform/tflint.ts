/** `node terraform/tflint.ts` builds tflint into .cache/tflint, unless it is there. It takes minutes, so only workflows do it. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const release = '0.64.0';
/** The oldest Go that builds it, by the go.mod of that release. */
export const tflintGo = '1.26.3';
const folder = resolve(import.meta.dirname, '../.cache/tflint');

/** On the PATH, or where it was built. */
const places = ['tflint', resolve(folder, 'tflint')];

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
    ? `tflint ${release} is neither on the PATH nor in .cache/tflint; to build it takes minutes: make test-terraform`
    : undefined;
}

if (import.meta.main && tflintCommand() === undefined) {
  console.error(`building tflint ${release} by Go; this takes minutes …`);
  const { status, error } = spawnSync('go', ['install', `github.com/terraform-linters/tflint@v${release}`], {
    env: { ...process.env, GOBIN: folder },
    stdio: 'inherit',
  });
  if (error !== undefined) console.error(`Go can't be run: ${error.message}. Install it: https://go.dev/dl`);
  process.exitCode = status === 0 ? 0 : 1;
}
