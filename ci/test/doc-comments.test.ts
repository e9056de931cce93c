import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { filesOf } from '../files.ts';

/** The first words of doc comments that have no subject, as "What it proves." */
function fragmentsIn(text: string): string[] {
  const found = text.matchAll(/\/\*\*\s+(?:\*\s+)?((?:Of|What|Who|As|That|By)\b.*)/g);
  return [...found].map(([, words = '']) => words);
}

test.each([
  ['What it proves.', ['What it proves.']],
  ['\n * Of the objects, in bytes.\n ', ['Of the objects, in bytes.']],
  ['The claim that the check proves: what else?', []],
  ['Whatever a client sends.', []],
])('a comment is a fragment when it begins with one of the words: %j', (comment, found) => {
  expect(fragmentsIn(`/** ${comment}\n */`)).toEqual(found);
});

test('doc comments are sentences, or name the thing that they are about', () => {
  const files = filesOf(['*.ts', '*.tsx']);
  expect(files.length).toBeGreaterThan(500);
  const fragments = files.flatMap((file) =>
    fragmentsIn(readFileSync(join(checkout, file), 'utf8')).map((words) => `${file}: ${words}`),
  );
  expect(fragments).toEqual([]);
});
