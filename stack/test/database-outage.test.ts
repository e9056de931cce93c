import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { killIfThere } from '@sightline/servers/process-identity.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { newStack, type Stack, succeeded } from './fixtures/stacks.ts';

const writers = 10;

/** Writers that go on whatever they are answered, and what they were answered. */
function startWriting(api: string, token: string) {
  const statuses = new Map<number, number>();
  const acknowledged: string[] = [];
  let going = true;
  const write = async () => {
    while (going) {
      const response = await fetch(`${api}/v1/todos`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"title":"written"}',
      });
      const { id } = (await response.json()) as { id?: string };
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 201 && id !== undefined) acknowledged.push(id);
      await pause(10);
    }
  };
  const all = Promise.all(Array.from({ length: writers }, write));
  return {
    count: (status: number) => statuses.get(status) ?? 0,
    acknowledged,
    async stop() {
      going = false;
      await all;
      return [...statuses.keys()].toSorted();
    },
  };
}

/** PostgreSQL's processes: each of its children leads a process group of its own. */
function signalPostgresql(stack: Stack, name: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = stack.component('postgresql')?.process?.pid ?? 0;
  const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout;
  for (const each of [pid, ...children.split('\n').map(Number).filter(Boolean)]) killIfThere(each, name);
}

test('while PostgreSQL is stopped or paused writers get 503, and what was acknowledged is there afterwards', async () => {
  const stack = await newStack({ table: false });
  const unlimited = { RATE_LIMIT_IP: '0', RATE_LIMIT_USER: '0', DATABASE_STATEMENT_TIMEOUT_MS: '1000' };
  await succeeded(stack.run('up', unlimited));
  const { api_url: api, access_token: token } = JSON.parse(readFileSync(stack.paths.demo, 'utf8'));
  const writing = startWriting(api, token);
  const more = (status: number) => {
    const before = writing.count(status);
    return waitFor(() => writing.count(status) > before + 20, 60, `there were no more answers ${status}`);
  };

  await more(201);
  for (const [begin, end] of [
    [() => stack.run('stop', { C: 'postgresql' }), () => stack.run('start', { C: 'postgresql' })],
    [() => signalPostgresql(stack, 'SIGSTOP'), () => signalPostgresql(stack, 'SIGCONT')],
  ] as const) {
    await begin();
    await more(503);
    await end();
    await more(201);
  }
  expect(await writing.stop()).toEqual([201, 503]);

  const found = new Set<string>();
  for (let cursor = ''; ; ) {
    const response = await fetch(`${api}/v1/todos?limit=100${cursor}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const page = (await response.json()) as { items: { id: string }[]; next_cursor: string | null };
    for (const { id } of page.items) found.add(id);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(writing.acknowledged.filter((id) => !found.has(id))).toEqual([]);
});
