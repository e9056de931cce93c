/**
 * `node e2e/verify/on-own-stack.ts`: `make verify QUICK=1` on a native stack of its own, and a look at the pages that show it.
 * Shows its progress on stderr. The report is that of the stack in STACK_DIR, which itself is left alone.
 */

import { adoptReport } from '@sightline/preview/report-file.ts';
import { ensureStackDirectory } from '@sightline/servers/stack-directory.ts';
import { table } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { ownStack } from '../own-stack.ts';

const { stackDirectory } = readSettings(table.components, process.env);

const stack = await ownStack(() => ({ QUICK: '1' }));
let isProven = false;
try {
  console.error('starting a stack …');
  if (await stack.run('stack/native/cli.ts', 'up')) {
    const isVerified = await stack.run('e2e/verify/cli.ts');
    // Also where something failed: the pages show what.
    isProven = (await stack.run('e2e/verify/pages.ts')) && isVerified;
    ensureStackDirectory(stackDirectory);
    console.error(`Report: ${await adoptReport(stack.directory, stackDirectory)}`);
  }
} finally {
  await stack.stop();
}
process.exitCode = isProven ? 0 : 1;
