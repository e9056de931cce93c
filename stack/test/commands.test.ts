import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { answers, newStack, pids, runs, succeeded, until, up } from './fixtures/stacks.ts';

test('up starts each component after what it needs, says what runs, and down leaves no process', async () => {
  const stack = await newStack();
  const first = await up(stack);
  expect(first.output).toMatch(
    /db +starting … ready in [\d.]+ s\n(.*\n)*task +starting … done.*\n(.*\n)*web +starting … ready/,
  );
  expect(first.output).toContain('Try this.');
  expect(first.output).toMatch(/web +ready +127\.0\.0\.1:\d+ +0 +\S+web\.log/);
  expect(await answers(stack.ports['WEB_PORT'])).toBe(true);
  const processes = pids(stack);
  expect(processes).toHaveLength(3);

  const second = await up(stack);
  expect(second.output).toContain('Already running.');
  expect(pids(stack)).toEqual(processes);
  await succeeded(stack.run('status'));

  expect(await stack.run('down')).toMatchObject({ code: 0, output: expect.stringContaining('Stopped') });
  expect(processes.filter(runs)).toEqual([]);
  expect(await stack.run('down')).toMatchObject({ code: 0, output: expect.stringContaining('Nothing runs') });
  expect(await stack.run('status')).toMatchObject({
    code: 3,
    output: expect.stringContaining('Nothing runs'),
  });
});

test('a component that this machine cannot run is shown with what it needs, and so is what depends on it', async () => {
  const stack = await newStack();
  const { output } = await up(stack);
  expect(output).toMatch(/extra +missing .*a JDK 21/);
  expect(output).toMatch(/onExtra +missing .*needs extra, which is missing/);
  expect(stack.component('web')?.state).toBe('ready');
});

test('every taken port is named at once with its holder and the setting to change', async () => {
  const stack = await newStack();
  const names = ['DB_PORT', 'WEB_PORT'] as const;
  const holders = names.map((name) => createServer().listen(Number(stack.ports[name]), '127.0.0.1'));
  const { code, output } = await stack.run('up');
  for (const holder of holders) holder.close();
  expect(code).toBe(1);
  for (const name of names) {
    expect(output).toMatch(
      new RegExp(`Port ${stack.ports[name]} for .* process ${process.pid} .*make up ${name}=`),
    );
  }
  expect(stack.supervisorPid()).toBeUndefined();
});

test('every wrong setting is named with what it got', async () => {
  const stack = await newStack();
  const wrong = { DB_PORT: 'abc', WEB_PORT: '0', EXTRA_PORT: '70000' };
  const { code, output } = await stack.run('up', wrong);
  expect(code).toBe(1);
  for (const [name, value] of Object.entries(wrong)) expect(output).toContain(`${name} is "${value}"`);
  const same = await stack.run('up', { DB_PORT: '4000', WEB_PORT: '4000' });
  expect(same).toMatchObject({
    code: 1,
    output: expect.stringContaining('WEB_PORT and DB_PORT are both 4000'),
  });
});

test('COMPONENTS starts the named ones and what they need; up without it adds the rest', async () => {
  const stack = await newStack();
  const unknown = await stack.run('up', { COMPONENTS: 'wbe' });
  expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining('Known: db, task, web') });
  await up(stack, { COMPONENTS: 'task' });
  expect(stack.component('task')?.state).toBe('done');
  expect(stack.component('web')?.state).toBe('stopped');
  const db = stack.component('db')?.process;
  await up(stack);
  expect(stack.component('web')?.state).toBe('ready');
  expect(stack.component('db')?.process).toEqual(db);
});

test('a group of components is started, and printed, by its name', async () => {
  const stack = await newStack();
  await up(stack, { COMPONENTS: 'basics', EXTRA_MODE: 'serve' });
  expect(stack.component('web')?.state).toBe('ready');
  expect(stack.component('extra')?.state).toBe('stopped');
  await up(stack, { COMPONENTS: 'extras' });
  expect(stack.component('onExtra')?.state).toBe('ready');
  const { code, output } = await stack.run('logs', { C: 'extras' });
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/^extra +\| mode/m) });
  expect(output).not.toContain('web');
  const unknown = await stack.run('up', { COMPONENTS: 'extra,metrics' });
  expect(unknown).toMatchObject({
    code: 1,
    output: expect.stringContaining('and the groups basics, extras.'),
  });
});

test('what is not essential starts when the rest is ready, which is said, and shows how far it is', async () => {
  const stack = await newStack();
  const { output } = await up(stack, { EXTRA_MODE: 'serve' });
  expect(output).toMatch(
    /web +starting … ready.*\n(.*\n)*Usable: db, task, web\.\n(.*\n)*extra +starting … half of extra is built\n(.*\n)*extra +starting … ready/,
  );
  expect(output.match(/Usable/g)).toHaveLength(1);
});

test('up with another port than the running stack has is refused', async () => {
  const stack = await newStack();
  await up(stack);
  const { code, output } = await stack.run('up', { WEB_PORT: '4001' });
  expect(code).toBe(1);
  expect(output).toContain(`already runs with WEB_PORT=${stack.ports['WEB_PORT']}`);
});

test('of two ups at once one starts the stack and the other waits for it', async () => {
  const stack = await newStack();
  const results = await Promise.all([stack.run('up'), stack.run('up')]);
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  expect(results.filter(({ output }) => output.includes('Already running.'))).toHaveLength(1);
});

test('down during a start ends the start and what it started', async () => {
  const stack = await newStack();
  const started = stack.start('up', { WEB_MODE: 'never-ready' });
  await until(() => stack.component('web')?.process != null);
  const processes = pids(stack);
  await succeeded(stack.run('down'));
  expect((await started.finished).code).toBe(143);
  expect(processes.filter(runs)).toEqual([]);
});

test('one component can be stopped, started and restarted beside the others', async () => {
  const stack = await newStack();
  await up(stack);
  const [db, web] = ['db', 'web'].map((name) => stack.component(name)?.process);
  await succeeded(stack.run('stop', { C: 'db' }));
  expect(await answers(stack.ports['DB_PORT'])).toBe(false);
  expect(stack.component('web')?.process).toEqual(web);
  await succeeded(stack.run('start', { C: 'db' }));
  await succeeded(stack.run('restart', { C: 'web' }));
  expect(await answers(stack.ports['WEB_PORT'])).toBe(true);
  expect(stack.component('db')?.process).not.toEqual(db);
  expect(stack.component('web')?.process).not.toEqual(web);
  expect(await stack.run('stop', { C: 'wbe' })).toMatchObject({ code: 1 });
});

test('a deep folder with spaces works, and what is secret is the owner’s only', async () => {
  const stack = await newStack({ folder: `my stack/${'deep/'.repeat(25)}here` });
  await up(stack);
  expect(stack.paths.socket).not.toContain(stack.directory);
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(mode(stack.paths.secrets)).toBe('700');
  expect([stack.paths.socket, stack.paths.state, stack.paths.log('web')].map(mode)).toEqual([
    '600',
    '600',
    '600',
  ]);
  await succeeded(stack.run('down'));
});

test('clean removes a stack with its folder, and nothing that is not a stack’s', async () => {
  const stack = await newStack();
  await up(stack);
  await succeeded(stack.run('clean'));
  expect(statSync(stack.directory, { throwIfNoEntry: false })).toBeUndefined();
  writeFileSync(`${stack.top}/precious`, 'x');
  for (const directory of ['/', process.cwd(), process.env['HOME'], stack.top]) {
    const { code, output } = await stack.run('clean', { STACK_DIR: directory });
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^Nothing removed: STACK_DIR=/),
    });
  }
  expect(readFileSync(`${stack.top}/precious`, 'utf8')).toBe('x');
});

test('a folder that cannot be written, or is somebody else’s, is a sentence', async () => {
  const stack = await newStack();
  writeFileSync(`${stack.top}/file`, '');
  const unwritable = await stack.run('up', { STACK_DIR: `${stack.top}/file/stack` });
  expect(unwritable).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^STACK_DIR=\S+ can't be written \(.*\)/),
  });
  const foreign = await stack.run('up', { STACK_DIR: stack.top });
  expect(foreign).toMatchObject({ code: 1, output: expect.stringContaining('has files that are not of') });
});

test('logs prints the last lines, follows with a prefix each, and ends well by Ctrl-C', async () => {
  const stack = await newStack();
  await up(stack);
  expect(await stack.run('logs', { C: 'web' })).toEqual({ code: 0, output: 'mode serve\n' });
  const hostile = (where: string) => `${where}\u2028\u001b[2J\u202e\r\u200b\u009b${where}\n`;
  const shown = (where: string) =>
    `web     | ${where}\\u2028\\u001b[2J\\u202e\\u000d\\u200b\\u009b${where}\n`;
  appendFileSync(stack.paths.log('web'), hostile('before'));
  const following = stack.start('logs', { FOLLOW: '1' });
  await until(() => following.output().includes(shown('before')));
  expect(following.output()).toContain('db      | mode serve');
  appendFileSync(stack.paths.log('web'), hostile('after'));
  await until(() => following.output().includes(shown('after')));
  await succeeded(stack.run('restart', { C: 'web' }));
  await until(() => following.output().match(/web {5}\| mode serve/g)?.length === 2);
  following.child.kill('SIGINT');
  expect((await following.finished).code).toBe(0);
});
