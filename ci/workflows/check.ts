/**
 * `node ci/workflows/check.ts` holds .github/ to actionlint, to zizmor and to the rules of policy/. One line a check; exit
 * code 1 when one fails.
 */
import { checkout } from '@sightline/settings/checkout.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { problemCheck, runChecks } from '@sightline/testkit/check.ts';
import { tool } from '@sightline/tools/tools.ts';
import { filesOfCheckout, readCheckout, workflowPaths } from './files.ts';
import { rules } from './policy/rules.ts';
import { lint, zizmor } from './zizmor/run.ts';

const files = workflowPaths(checkout);

const checks = [
  // Of ours it knows only workflows; shellcheck and pyflakes are not there on every machine, and have nothing to check here.
  problemCheck('actionlint', 'actionlint finds nothing', async () =>
    lint(await tool('actionlint'), [
      ...['-no-color', '-shellcheck', '', '-pyflakes', ''],
      // A key of May 2026, which its newest release, 1.7.12, doesn't know.
      ...['-ignore', 'unexpected key "queue" for "concurrency" section'],
      ...files.filter((path) => path.startsWith('.github/workflows/')),
    ]),
  ),
  problemCheck('zizmor', 'zizmor, without asking GitHub, finds nothing', () => zizmor('.github')),
  problemCheck('policy', `${rules.length} rules of ci/workflows/policy hold`, () => {
    const read = readCheckout(checkout, filesOfCheckout(checkout));
    return Promise.resolve(
      rules.flatMap((rule) => rule.check(read).map((wrong) => `${wrong} (${rule.name})`)),
    );
  }),
];

// Progress: `make test` shows it as it comes.
const { found } = await runChecks(checks, undefined, { terminal: terminalOn(process.stderr, process.env) });
if (!found.every(({ ok }) => ok)) process.exitCode = 1;
