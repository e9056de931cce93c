import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { separators } from '@sightline/testkit/hostile-lines.ts';
import { line } from '@sightline/testkit/log-lines.ts';
import { startReplay } from '../bench/shipper-process.ts';
import { addDeadLetters, type DeadLetter, deadLettersIn } from '../shipper/dead-letters.ts';
import { idsOf, shipperTest } from './support/shipper-test.ts';

const here = shipperTest();
const state = () => join(here.folder, 'state');
const letters = () => deadLettersIn(state());
const left = () => readdirSync(state()).filter((file) => file.startsWith('dead-letters'));
const replay = () =>
  startReplay({
    ELASTICSEARCH_URL: here.elasticsearch.url,
    SHIPPER_STATE_DIRECTORY: state(),
    SHIPPER_RETRY_MS: '100',
  });

/** Dead letters with the ids `<boot>-1` to `<boot>-<count>`. */
function bury(boot: string, count: number, text = (index: number) => separators[index % separators.length]) {
  mkdirSync(state(), { recursive: true });
  const all = Array.from({ length: count }, (_, index): DeadLetter => {
    const body = line(boot, index + 1, { message: text(index) }).trimEnd();
    return { time: new Date().toISOString(), reason: 'planned', id: `${boot}-${index + 1}`, line: body };
  });
  return addDeadLetters(letters(), all);
}

test('Dead letters with any separator inside are all replayed, and their file goes afterwards', async () => {
  await bury('a', 3 * separators.length);
  expect(await replay().ended).toContain(`Replayed ${3 * separators.length} dead letters; 0 were refused`);
  expect(here.ids()).toEqual(idsOf('a', 3 * separators.length));
  expect(here.elasticsearch.documents.map(({ fields }) => fields['message'])).toEqual(
    [0, 1, 2].flatMap(() => separators),
  );
  expect(left()).toEqual([]);
});

test('A replay that is killed between two batches loses none, nor those that came meanwhile', async () => {
  await bury('a', 1100);
  here.elasticsearch.behave('normal', 'hang');
  const first = replay();
  await eventually(() => here.elasticsearch.bulks.length === 2);
  first.child.kill('SIGKILL');
  await first.ended;
  expect(here.ids()).toEqual(idsOf('a', 500));
  expect(left()).toEqual(['dead-letters.jsonl.replaying']);
  await bury('late', 3);
  expect(await replay().ended).toContain('Replayed 1100 dead letters');
  expect(here.ids()).toEqual(idsOf('a', 1100));
  expect(left()).toEqual(['dead-letters.jsonl']);
  await replay().ended;
  expect(here.ids()).toEqual([...idsOf('a', 1100), ...idsOf('late', 3)]);
  expect(left()).toEqual([]);
});

test('Long ones go in requests that Elasticsearch takes', async () => {
  await bury('a', 40, () => 'x'.repeat(2 ** 20));
  await replay().ended;
  expect(here.ids()).toEqual(idsOf('a', 40));
  expect(Math.max(...here.elasticsearch.bulks)).toBeLessThanOrEqual(8);
});

test('Lines that are no dead letters are kept beside when the file goes, and said', async () => {
  await bury('a', 1);
  const foreign = ['{"id":"cut off', 'null', '[]', '{"id":1,"line":2}', `half${separators.join('')}`];
  appendFileSync(letters(), `\n\n${foreign.join('\n')}\n`);
  await bury('b', 1);
  expect(await replay().ended).toContain('5 lines are no dead letters, and are kept in');
  expect(here.ids()).toEqual(['a-1', 'b-1']);
  expect(left()).toEqual(['dead-letters.jsonl.unreadable']);
  expect(readFileSync(`${letters()}.unreadable`, 'utf8')).toBe(`${foreign.join('\n')}\n`);
});

test('A line that is too long to be read ends the replay by a sentence, with the file where it was', async () => {
  mkdirSync(state(), { recursive: true });
  writeFileSync(letters(), Buffer.alloc(2 ** 26 + 1, 'x'));
  expect(await replay().ended).toContain('Line 1 is longer than');
  expect(left()).toEqual(['dead-letters.jsonl.replaying']);
});
