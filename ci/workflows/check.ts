/**
 * `node ci/workflows/check.ts` holds .github/ to actionlint, to zizmor and to the rules of policy/. One line a check; exit
 * code 1 when one fails.
 */
import { checkout } from '@sightline/settings/checkout.ts';
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { MissingTool, tool } from '@sightline/tools/tools.ts';
import { filesOfCheckout, readCheckout, workflowPaths } from './files.ts';
import { rules } from './policy/rules.ts';
import { lint, zizmor } from './zizmor/run.ts';

const files = workflowPaths(checkout);

const checks: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  // Of ours it knows only workflows; shellcheck and pyflakes are not there on every machine, and have nothing to check here.
  actionlint: async () =>
    lint(await tool('actionlint'), [
      ...['-no-color', '-shellcheck', '', '-pyflakes', ''],
      // A key of May 2026, which its newest release, 1.7.12, doesn't know.
      ...['-ignore', 'unexpected key "queue" for "concurrency" section'],
      ...files.filter((path) => path.startsWith('.github/workflows/')),
    ]),
  'zizmor, without asking GitHub': () => zizmor('.github'),
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
