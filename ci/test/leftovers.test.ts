import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { identify } from '@sightline/servers/process-identity.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { endLeftovers } from '../leftovers.ts';
import { timesVariable } from '../timeline/test-times.ts';

const because = existsSync('/proc') ? '' : ' (skipped: no /proc)';
const onLinux = because === '' ? test : test.skip;

/** A process of a run, whose own process goes on in a session of its own after it has ended. */
async function runLeaves(times: string): Promise<number> {
  const lives = "require('node:child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })";
  const child = spawn(
    process.execPath,
    ['-e', `const { pid } = ${lives}; console.log(pid); process.exit()`],
    {
      env: { ...process.env, [timesVariable]: times },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) said += chunk.toString();
  return Number(said);
}

onLinux(
  `a process that a run leaves is named, and ended, and that of another run is not${because}`,
  async () => {
    const [mine, others] = await Promise.all([runLeaves('/run/mine'), runLeaves('/run/others')]);
    await expect(endLeftovers({ times: '/run/mine' }, 100)).rejects.toThrow(
      new RegExp(`^Process ${mine} still ran: sleep 600$`),
    );
    await eventually(() => identify(mine) === undefined);
    expect(identify(others)).toBeDefined();
    process.kill(others);
  },
);

onLinux(`what ends within the time is nothing that was left${because}`, async () => {
  const pid = await runLeaves('/run/ends');
  const ended = endLeftovers({ times: '/run/ends' });
  process.kill(pid);
  await expect(ended).resolves.toBe('');
});
