import { expect, test } from '@jest/globals';
import { randomOf } from '@sightline/testkit/random.ts';
import { hostnameOf, mediaTypeOf, wordsOf } from '../own-server/header-values.ts';

test.each([
  ['localhost', 'localhost'],
  ['LocalHost:9464', 'localhost'],
  ['127.0.0.1:9464', '127.0.0.1'],
  ['[::1]:9464', '::1'],
  ['[0:0:0:0:0:0:0:1]', '::1'],
  ['evil.example', 'evil.example'],
  ['evil.example@127.0.0.1', ''],
  ['127.0.0.1/evil.example', ''],
  ['[::1', ''],
  ['127.0.0.1:99999', ''],
  ['', ''],
])('Host: %j names %j', (header, host) => {
  expect(hostnameOf(header)).toBe(host);
});

test('any text of a header is read, and is in lower case then', () => {
  const random = randomOf(8);
  const letters = [...'aZ/;=," \t\\()<>@é\0-utf8charset'];
  for (let n = 0; n < 2000; n += 1) {
    const text = Array.from(
      { length: Math.floor(random() * 12) },
      () => letters[Math.floor(random() * letters.length)],
    ).join('');
    const type = mediaTypeOf(text);
    if (type) expect(type.type).toMatch(/^[^A-Z\s;,]+\/[^A-Z\s;,]+$/);
    for (const word of wordsOf(text)) expect(word).toBe(word.trim().toLowerCase() || word);
    expect(hostnameOf(text)).not.toMatch(/[A-Z]/);
  }
});
