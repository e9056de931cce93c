import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { answers, newStack, pids, runs, succeeded, until, up } from './fixtures/stacks.ts';

test('a component that is not essential may fail without ending the rest', async () => {
  const stack = await newStack();
  const { output } = await up(stack, { EXTRA_MODE: 'fail-at-start' });
  expect(output).toMatch(/extra +failed: ended with exit code 7 before it was ready/);
  expect(await stack.run('status')).toMatchObject({
    code: 1,
    output: expect.stringContaining('the reason it failed'),
  });
});

test('a component that ends before it is ready fails up with its last log lines, and nothing stays', async () => {
  const stack = await newStack();
  const started = stack.start('up', { WEB_MODE: 'fail-at-start' });
  await until(() => stack.component('db')?.process != null);
  const processes = pids(stack);
  const { code, output } = await started.finished;
  expect(code).toBe(1);
  expect(output).toContain('web failed: ended with exit code 7 before it was ready');
  expect(output).toContain('the reason it failed');
  expect(processes.filter(runs)).toEqual([]);
});

test('a component that is not ready by its deadline fails up', async () => {
  const stack = await newStack();
  const { code, output } = await stack.run('up', { WEB_MODE: 'never-ready', WEB_SECONDS: '1' });
  expect(code).toBe(1);
  expect(output).toMatch(/web failed: GET http:.* did not succeed within 1 s/);
  expect(output).toContain('mode never-ready');
});

test('a killed component is started again', async () => {
  const stack = await newStack();
  await up(stack);
  const pid = stack.component('web')?.process?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await until(() => stack.component('web')?.restarts === 1 && stack.component('web')?.state === 'ready');
  expect(stack.component('web')?.process?.pid).not.toBe(pid);
  await succeeded(stack.run('status'));
});

test('a component that crashes again and again stays crashed, says why, and up starts it again', async () => {
  const stack = await newStack();
  await up(stack, { WEB_MODE: 'ready-then-die' });
  await until(() => stack.component('web')?.state === 'crashed');
  expect(stack.component('web')?.restarts).toBe(4);
  const { code, output } = await stack.run('status');
  expect(code).toBe(1);
  expect(output).toContain('web crashed: ended with exit code 3');
  expect(output).toContain('mode ready-then-die');
  expect(await stack.run('up')).toMatchObject({ output: expect.stringContaining('starting web') });
});

test('a component that ignores the stop signal is killed with its children after the deadline', async () => {
  const stack = await newStack();
  await up(stack, { WEB_MODE: 'stubborn' });
  const processes = pids(stack);
  const grandchild = Number(/grandchild (\d+)/.exec(readFileSync(stack.paths.log('web'), 'utf8'))?.[1]);
  expect(runs(grandchild)).toBe(true);
  await succeeded(stack.run('down'));
  expect([...processes, grandchild].filter(runs)).toEqual([]);
});

test('after the supervisor was killed status says so, and up ends what it left and starts afresh', async () => {
  const stack = await newStack();
  await up(stack);
  const [supervisor = 0, ...orphans] = pids(stack);
  process.kill(supervisor, 'SIGKILL');
  await until(() => !runs(supervisor));
  expect(orphans.filter(runs)).toEqual(orphans);
  expect(await stack.run('status')).toMatchObject({ code: 1, output: expect.stringContaining('was killed') });
  const { output } = await up(stack);
  expect(output).toContain('stopped what it left: web, db');
  expect(orphans.filter(runs)).toEqual([]);
});

test('after the supervisor was killed down ends what it left', async () => {
  const stack = await newStack();
  await up(stack);
  const processes = pids(stack);
  process.kill(processes[0] ?? 0, 'SIGKILL');
  await succeeded(stack.run('down'));
  expect(processes.filter(runs)).toEqual([]);
});

const noProc = existsSync('/proc/net/unix') ? '' : ' (skipped: no /proc)';
const onLinux = noProc === '' ? test : test.skip;
onLinux(`a supervisor that is killed while down waits for it leaves nothing running${noProc}`, async () => {
  const stack = await newStack();
  await up(stack);
  const processes = pids(stack);
  const [supervisor = 0] = processes;
  process.kill(supervisor, 'SIGSTOP');
  const down = stack.run('down');
  const connections = () =>
    readFileSync('/proc/net/unix', 'utf8').split(`${stack.paths.socket}\n`).length - 1;
  // Beside the one that listens.
  await until(() => connections() > 1);
  process.kill(supervisor, 'SIGKILL');
  await succeeded(down);
  expect(processes.filter(runs)).toEqual([]);
});

test('a process that only has the recorded id is not touched', async () => {
  const stack = await newStack();
  await up(stack);
  process.kill(stack.supervisorPid() ?? 0, 'SIGKILL');
  const other = { pid: process.pid, started: 'at another time' };
  const state = JSON.parse(readFileSync(stack.paths.state, 'utf8'));
  const web = state.components.web.process;
  state.components.web.process = other;
  writeFileSync(stack.paths.state, JSON.stringify(state));
  await succeeded(stack.run('down'));
  process.kill(web.pid, 'SIGKILL');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s during the start stops what it started and exits %i', async (signal, expected) => {
  const stack = await newStack();
  const started = stack.start('up', { WEB_MODE: 'never-ready' });
  await until(() => stack.component('web')?.process != null);
  const processes = pids(stack);
  started.child.kill(signal);
  expect((await started.finished).code).toBe(expected);
  expect(processes.filter(runs)).toEqual([]);
  expect(await stack.run('status')).toMatchObject({ code: 3 });
});

test('an interruption at any moment leaves no process and no half state', async () => {
  const moments = [40, 90, 130, 160, 190, 220, 260, 300];
  const stacks = await Promise.all(moments.map(() => newStack()));
  for (const [index, stack] of stacks.entries()) {
    const started = stack.start('up');
    const timer = setTimeout(() => started.child.kill('SIGINT'), moments[index]);
    const { code } = await started.finished;
    clearTimeout(timer);
    // Before its handler is in place, SIGINT ends it as it ends any process.
    expect([130, null]).toContain(code);
    expect(await stack.run('status')).toMatchObject({ code: 3 });
    expect(await answers(stack.ports['DB_PORT'])).toBe(false);
  }
});
