import { PassThrough, Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { seen, unseen } from '@sightline/testkit/hostile-lines.ts';
import { prefixed, show } from '../terminal.ts';
import { visible, visibleInLine } from '../visible.ts';

const ofText = ['\n', '\t'];

test.each(
  unseen
    .filter((character) => !ofText.includes(character))
    .map((character) => [JSON.stringify(visible(character)), character]),
)('a terminal is shown %s instead of the character', (_, character) => {
  const shown = visible(`a${character}b`);
  expect(shown).toMatch(/^a(\\u[0-9a-f]{4})+b$/);
  expect(JSON.parse(`"${shown}"`)).toBe(`a${character}b`);
  expect(visibleInLine(character)).toBe(visible(character));
});

test.each(seen)('%s is shown as it is', (character) => {
  expect(visible(character)).toBe(character);
  expect(visibleInLine(character)).toBe(character);
});

test('an escape sequence is its text, and lines stay lines unless there is to be one', () => {
  expect(visible('\u001b[31mred\u001b[0m\ta\r\nb\rc')).toBe('\\u001b[31mred\\u001b[0m\ta\r\nb\\u000dc');
  expect(visibleInLine('a\tb\r\nc')).toBe('a\\u0009b\\u000d\\u000ac');
});

test('JSON stays JSON of the same data, with nothing unseen in it', () => {
  const data = { [unseen.join('')]: [unseen, { deeper: unseen.join(' ') }], seen };
  const shown = visible(JSON.stringify(data));
  expect(JSON.parse(shown)).toEqual(data);
  expect(shown).toBe(visibleInLine(shown));
});

test('a prefix stands before lines, and before nothing that only looks like one', () => {
  expect(prefixed('one\ntwo\u2028three\rfour', '| ')).toBe('| one\n| two\\u2028three\\u000dfour');
});

test('output is shown whole, wherever its chunks end', async () => {
  const bytes = Buffer.from('é\u2028漢\u{e0001}🙂\n');
  const terminal = new PassThrough();
  await show(
    Readable.from(
      [...bytes].map((byte) => Buffer.from([byte])),
      { objectMode: false },
    ),
    terminal,
  );
  expect(await textOf(terminal.end())).toBe('é\\u2028漢\\udb40\\udc01🙂\n');
});

test('showing ends when nobody takes it any more', async () => {
  const terminal = new PassThrough();
  const output = new PassThrough();
  const shown = show(output, terminal);
  terminal.destroy();
  output.write('a');
  await expect(shown).rejects.toThrow();
  expect(output.destroyed).toBe(true);
});
