/**
 * `node ci/workflows/check.ts` holds .github/ to actionlint, to zizmor and to the rules of policy/. One line a check; exit
 * code 1 when one fails.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { NotPossible, pythonEnvironment } from '@sightline/tools/python-environment.ts';
import { MissingTool, tool } from '@sightline/tools/tools.ts';
import { filesOfCheckout, readCheckout, workflowPaths } from './files.ts';
import { rules } from './policy/rules.ts';

/** Several times what either takes, in milliseconds. */
const longestMs = 120_000;

function run(command: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: checkout,
    encoding: 'utf8',
    timeout: longestMs,
  });
  if (error !== undefined) throw error;
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

const files = workflowPaths(checkout);

const checks: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  // Of ours it knows only workflows; shellcheck and pyflakes are not there on every machine, and have nothing to check here.
  actionlint: async () =>
    run(await tool('actionlint'), [
      ...['-no-color', '-shellcheck', '', '-pyflakes', ''],
      // A key of May 2026, which its newest release, 1.7.12, doesn't know.
      ...['-ignore', 'unexpected key "queue" for "concurrency" section'],
      ...files.filter((path) => path.startsWith('.github/workflows/')),
    ]),
  'zizmor, without asking GitHub': async () => {
    const { venv } = await pythonEnvironment('zizmor', join(import.meta.dirname, 'zizmor/requirements.txt'));
    const args = [
      '--offline',
      '--persona=pedantic',
      '--no-progress',
      '--color=never',
      '--config',
      '.github/zizmor.yml',
    ];
    return run(join(venv, 'bin/zizmor'), [...args, '.github']);
  },
  [`${rules.length} rules of ci/workflows/policy`]: () => {
    const read = readCheckout(checkout, filesOfCheckout(checkout));
    return Promise.resolve(
      rules.flatMap(({ name, check }) => check(read).map((wrong) => `${wrong} (${name})`)),
    );
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    const problems = await check();
    console.log(`${problems.length === 0 ? 'ok     ' : 'FAILED '} ${name}`);
    for (const problem of problems) console.log(problem.replace(/^/gm, '        '));
    if (problems.length > 0) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof NotPossible || error instanceof MissingTool)) throw error;
    // Shown by `make test` also when all went well.
    console.error(`skipped ${name}: ${error.message}`);
  }
}
