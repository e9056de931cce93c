/**
 * `node stack/checks/verify.ts`: `make verify QUICK=1` on a native stack of its own. Shows its progress on stderr.
 */
import { ownStack } from './own-stack.ts';

const stack = await ownStack(() => ({ QUICK: '1' }));
let isProven = false;
try {
  console.error('starting a stack …');
  isProven = (await stack.run('stack/native/cli.ts', 'up')) && (await stack.run('stack/verify/cli.ts'));
} finally {
  await stack.stop();
}
process.exitCode = isProven ? 0 : 1;
