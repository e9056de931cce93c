import { expect, test } from '@jest/globals';
import { type Check, CheckFailed, runChecks } from '../check.ts';

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
