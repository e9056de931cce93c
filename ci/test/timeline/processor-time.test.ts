import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { expect, test } from '@jest/globals';
import { readIfReadable } from '@sightline/servers/process-identity.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { checkVariable, ProcessorTime, parseStat, startSampling } from '../../timeline/processor-time.ts';

const stat = (parent: number, started: string, [user, system, children]: readonly number[]) =>
  parseStat(
    `7 (a) name) S ${parent} 1 1 0 -1 4194560 1 1 0 0 ${user} ${system} ${children} 0 20 0 1 0 ${started} 1 1`,
  );

test("the time of a process is its own and that of its children, in seconds, whatever its program's name", () => {
  expect(stat(1, '99', [100, 50, 25])).toEqual({ parent: 1, started: '99', seconds: 1.75 });
});

test('time stays with the check when processes end, and is counted once', () => {
  const time = new ProcessorTime();
  const environments = new Map([
    [2, `PATH=/bin\0${checkVariable}=drills\0HOME=/`],
    // It has written its title there.
    [3, 'postgres: writer'],
    [4, `${checkVariable}=chaos`],
  ]);
  const see = (processes: Readonly<Record<number, ReturnType<typeof stat>>>) =>
    time.add(new Map(Object.entries(processes).map(([pid, one]) => [Number(pid), one])), (pid) =>
      environments.get(pid),
    );
  const runner = stat(0, '1', [900, 0, 0]);
  see({ 1: runner, 2: stat(1, '2', [100, 0, 0]), 3: stat(2, '3', [200, 0, 0]), 4: stat(1, '4', [50, 0, 0]) });
  expect(time.seconds()).toEqual(
    new Map([
      ['drills', 3],
      ['chaos', 0.5],
    ]),
  );
  // The child has ended, and its parent waited for it; of 4 nobody of its check is left.
  see({ 1: runner, 2: stat(1, '2', [100, 0, 210]) });
  expect(time.seconds().get('drills')).toBeCloseTo(3.1);
  // The id of 4 is another's now.
  see({ 1: runner, 4: stat(1, '40', [1000, 0, 0]) });
  expect(time.seconds().get('drills')).toBeCloseTo(3.1);
  expect(time.seconds().get('chaos')).toBeCloseTo(10.5);
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux(
  `a process that leaves its group is still of its check${process.platform === 'linux' ? '' : ' (skipped: no /proc)'}`,
  async () => {
    const sampling = startSampling();
    const busy = `require('node:child_process').spawn(process.execPath, ['-e', 'while (process.cpuUsage().user < 800_000);'], { detached: true })`;
    const child = spawn(process.execPath, ['-e', busy], { env: { ...process.env, [checkVariable]: 'busy' } });
    await once(child, 'exit');
    await eventually(() => (sampling.peek().seconds.get('busy') ?? 0) > 0.2);
    const { seconds, load } = sampling.stop();
    expect(seconds.get('busy')).toBeLessThan(60);
    expect(load.length).toBeGreaterThan(0);
  },
);

const noAutogroup = readIfReadable('/proc/self/autogroup') === undefined;
const withAutogroup = noAutogroup ? test.skip : test;
withAutogroup(
  `a check in the background gives way, also in sessions of its own${noAutogroup ? ' (skipped: no autogroup)' : ''}`,
  async () => {
    const nice = 7;
    const sampling = startSampling(new Set(['behind']), nice);
    const start = (check: string) =>
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
        detached: true,
        stdio: 'ignore',
        env: { ...process.env, [checkVariable]: check },
      });
    // Who isn't root may change one session at a time.
    const behind = Array.from({ length: 3 }, () => start('behind'));
    const beside = start('beside');
    const niceOf = ({ pid = 0 }: { readonly pid?: number | undefined }) => [
      getPriority(pid),
      readIfReadable(`/proc/${pid}/autogroup`)?.split(' nice ')[1]?.trim(),
    ];
    try {
      await eventually(() => behind.every((child) => niceOf(child).join() === `${nice},${nice}`));
      expect(niceOf(beside)).toEqual([getPriority(), '0']);
    } finally {
      sampling.stop();
      for (const child of [...behind, beside]) child.kill('SIGKILL');
    }
  },
);
