/**
 * `node stack/checks/verify.ts`: `make verify QUICK=1` on a native stack of its own, and a look at the pages that show it.
 * Shows its progress on stderr. The report is that of the stack in STACK_DIR, which itself is left alone.
 */
import { table } from '../native/components.ts';
import { readSettings } from '../native/settings.ts';
import { ensureStackDirectory } from '../native/stack-directory.ts';
import { adoptReport } from '../page/report-file.ts';
import { ownStack } from './own-stack.ts';

const { stackDirectory } = readSettings(table.components, process.env);

const stack = await ownStack(() => ({ QUICK: '1' }));
let isProven = false;
try {
  console.error('starting a stack …');
  if (await stack.run('stack/native/cli.ts', 'up')) {
    const isVerified = await stack.run('stack/verify/cli.ts');
    // Also where something failed: the pages show what.
    isProven = (await stack.run('stack/checks/pages.ts')) && isVerified;
    ensureStackDirectory(stackDirectory);
    console.error(`Report: ${await adoptReport(stack.directory, stackDirectory)}`);
  }
} finally {
  await stack.stop();
}
process.exitCode = isProven ? 0 : 1;
