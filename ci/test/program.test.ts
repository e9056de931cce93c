import { expect, test } from '@jest/globals';
import { identify } from '@sightline/servers/process-identity.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { program, type Run } from '../program.ts';

const run: Run = { ids: [], reports: '/nowhere', signalsSeen: '/nowhere/signals', times: '/nowhere' };
const script = (text: string, options = {}) => program(['-e', text], options)(run, 'script');

test('a program passes by exit code 0 only, and what it said is the reason otherwise', async () => {
  await expect(script("console.log('fine')")).resolves.toBe('');
  await expect(script("console.error('error TS1'); process.exitCode = 2")).rejects.toThrow(/^error TS1$/);
  await expect(script('process.kill(process.pid, "SIGKILL")')).rejects.toThrow(
    'It ended with SIGKILL and no output.',
  );
});

test('a program is told what it needs, and ended with its children when it takes too long', async () => {
  const told =
    'process.exitCode = process.env.SIGNALS_SEEN === "/nowhere/signals" && process.env.QUICK === "1" ? 0 : 1';
  await expect(script(told, { env: { QUICK: '1' } })).resolves.toBe('');
  const hangs = `
    const { pid } = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    console.log(pid);
    setInterval(() => {}, 1000);`;
  const said = await script(hangs, { minutes: 0.05 }).catch((error: Error) => error.message);
  const child = Number(said);
  expect(child).toBeGreaterThan(1);
  await eventually(() => identify(child) === undefined);
});
