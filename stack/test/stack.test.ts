import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { waitFor } from '@sightline/servers/readiness.ts';
import { newStack, succeeded } from './fixtures/stacks.ts';

test('make up ends with a curl that works as pasted, for the demo user with a dozen todos', async () => {
  const stack = await newStack({ table: false, folder: 'my stack' });
  const { output } = await succeeded(stack.run('up'));
  const pasted = output.split('\n').filter((line) => line.startsWith('    '));
  expect(pasted).toHaveLength(2);
  const sh = spawnSync('sh', ['-c', pasted.join('\n')], { encoding: 'utf8' });
  expect(JSON.parse(sh.stdout)).toMatchObject({ items: [{}, {}, {}], next_cursor: expect.any(String) });

  const demo = JSON.parse(readFileSync(stack.paths.demo, 'utf8')) as Record<string, string>;
  expect(statSync(stack.paths.demo).mode & 0o777).toBe(0o600);
  const api = `http://127.0.0.1:${stack.ports['API_PORT']}`;
  expect(demo).toMatchObject({
    email: 'demo@sightline.example',
    api_url: api,
    metrics_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/),
  });
  expect(output).toContain(demo['password']);
  const todos = async () => {
    const headers = { authorization: `Bearer ${demo['access_token']}` };
    const response = await fetch(`${api}/v1/todos?limit=100`, { headers });
    return response.ok ? ((await response.json()) as { items: unknown[] }).items.length : response.status;
  };
  expect(await todos()).toBe(12);

  // Its keys and its data outlive the API, the database and the whole stack.
  await succeeded(stack.run('restart', { C: 'postgresql,api' }));
  await waitFor(async () => (await todos()) === 12, 60, 'the todos did not come back');
  await succeeded(stack.run('down'));
  await succeeded(stack.run('up', { COMPONENTS: 'api' }));
  expect(await todos()).toBe(12);

  const logs = ['postgresql', 'migrate', 'api', 'seed', 'supervisor'].map((name) => stack.paths.log(name));
  const secrets = ['postgres-password', 'postgres-superuser-password', 'demo-user-password'];
  const written = logs.map((path) => readFileSync(path, 'utf8')).join('\n');
  const processes = spawnSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).stdout;
  for (const name of secrets) {
    const secret = readFileSync(`${stack.paths.secrets}/${name}`, 'utf8');
    expect(written.includes(secret) || processes.includes(secret)).toBe(false);
  }
});

test('make dev runs the API in the terminal, and Ctrl-C stops all it started', async () => {
  const stack = await newStack({ table: false });
  const running = stack.start('dev', { COMPONENTS: 'core' });
  const api = `http://127.0.0.1:${stack.ports['API_PORT']}/health/ready`;
  const answers = () =>
    fetch(api).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor(() => running.output().includes('Ctrl-C stops all of it.'), 60, 'make dev did not greet');
  expect(await answers()).toBe(true);
  expect(stack.component('postgresql')?.state).toBe('ready');
  running.child.kill('SIGINT');
  expect(await running.finished).toMatchObject({ code: 0 });
  expect(await answers()).toBe(false);
  expect(await stack.run('status')).toMatchObject({ code: 3 });
});
