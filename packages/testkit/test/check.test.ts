import { expect, test } from '@jest/globals';
import { type Check, CheckFailed, runChecks } from '../check.ts';
import { eventually } from '../eventually.ts';

/** A terminal that keeps its lines, without the seconds. */
function kept() {
  const lines: string[] = [];
  const without = (text: string) =>
    text
      .replace(/ *\d+\.\d s/, '')
      .replaceAll(/ +/g, ' ')
      .trim();
  return {
    lines,
    live: () => {},
    line: (mark: string, text: string) => void lines.push(`${mark}: ${without(text)}`),
    text: (text: string) => void lines.push(text),
  };
}

const fine: Check<object> = { id: 'fine', group: 'api', proves: 'it works', run: () => 'it did' };
const wrong: Check<object> = {
  id: 'wrong',
  proves: 'two is one',
  run: () => Promise.reject(new CheckFailed(['two is two', 'one is one'])),
};
const throwing: Check<object> = {
  id: 'throwing',
  proves: 'nothing throws',
  run: () => {
    throw new Error('at once');
  },
};
const elsewhere: Check<object> = { ...fine, id: 'elsewhere', skipReason: () => 'there is none here' };

test('each check has its line, also one that fails or is skipped', async () => {
  const terminal = kept();
  const { found } = await runChecks([fine, elsewhere, wrong, throwing], {}, { terminal });
  expect(found.map(({ check: { id }, ok }) => [id, ok])).toEqual([
    ['fine', true],
    ['wrong', false],
    ['throwing', false],
  ]);
  expect(terminal.lines).toEqual([
    'ok: api/fine it did',
    'skipped: api/elsewhere there is none here',
    'FAILED: wrong not so: two is one\n two is two\n one is one',
    'FAILED: throwing not so: nothing throws\n at once',
  ]);
});

test('checks that stand on each other end with the first that fails', async () => {
  const { found } = await runChecks([wrong, fine], {}, { terminal: kept(), untilOneFails: true });
  expect(found.map(({ check: { id } }) => id)).toEqual(['wrong']);
});

test('a check during which somebody ends the run counts for nothing, and none begins after it', async () => {
  const end = new AbortController();
  const ending: Check<object> = {
    ...fine,
    run: () => {
      end.abort();
      return 'too late';
    },
  };
  const terminal = kept();
  const { found } = await runChecks([fine, ending, fine], {}, { terminal, signal: end.signal });
  expect(found).toHaveLength(1);
  expect(terminal.lines).toHaveLength(1);
});

/** A check that ends when it is told to, and checks that know which others run. */
function gates() {
  const running = new Set<string>();
  const seen: string[][] = [];
  const open = new Map<string, () => void>();
  const gate = (id: string, rest: Partial<Check<object>> = {}): Check<object> => ({
    id,
    proves: `${id} ends`,
    run: async () => {
      running.add(id);
      seen.push([...running].toSorted());
      await new Promise<void>((resolve) => open.set(id, resolve));
      running.delete(id);
      return '';
    },
    ...rest,
  });
  return { gate, open, seen };
}

test('as many checks run at a time as the cores take, the first of the table that fits first', async () => {
  const { gate, open, seen } = gates();
  const ended = runChecks(
    [
      gate('long', { cores: 1.5 }),
      gate('wide', { cores: 8 }),
      gate('a', { cores: 0.5 }),
      gate('b'),
      gate('c'),
    ],
    {},
    { terminal: kept(), cores: 2 },
  );
  for (const id of ['a', 'long', 'wide', 'b', 'c']) {
    await eventually(() => open.has(id));
    open.get(id)?.();
  }
  const { found } = await ended;
  expect(found.map(({ check: { id } }) => id)).toEqual(['a', 'long', 'wide', 'b', 'c']);
  expect(seen).toEqual([['long'], ['a', 'long'], ['wide'], ['b'], ['b', 'c']]);
  for (const { startedAt, endedAt } of found) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
});

test('a check begins after those that it names, where they are run', async () => {
  const { gate, open, seen } = gates();
  const ended = runChecks(
    [gate('last', { after: ['first', 'not asked for'] }), gate('first'), gate('beside')],
    {},
    { terminal: kept(), cores: 3 },
  );
  for (const id of ['first', 'last', 'beside']) {
    await eventually(() => open.has(id));
    open.get(id)?.();
  }
  await ended;
  expect(seen).toEqual([['first'], ['beside', 'first'], ['beside', 'last']]);
  const circle = [gate('one', { after: ['other'] }), gate('other', { after: ['one'] })];
  await expect(runChecks(circle, {}, { terminal: kept() })).rejects.toThrow(
    'wait for each other: one, other',
  );
});
