import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createTestTelemetry } from '@sightline/app/test/support/telemetry.ts';
import { visibleInLine } from '@sightline/telemetry/visible.ts';
import { describeWithElasticsearch } from '@sightline/testkit/describe-with-elasticsearch.ts';
import { indexLines } from '@sightline/testkit/elasticsearch.ts';
import { separators, unseen } from '@sightline/testkit/hostile-lines.ts';
import { bareEnvironment } from '@sightline/testkit/process.ts';
import { applyTemplates } from '../elasticsearch/apply.ts';
import { connect, dataStream } from '../elasticsearch/connection.ts';
import { flatten, readable } from '../search/line.ts';
import { Sequences } from '../search/sequences.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-search-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: 'search' | 'gaps', environment: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve(import.meta.dirname, `../search/${program}.ts`)],
    { encoding: 'utf8', env: { ...bareEnvironment, ...environment } },
  );
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

/** Lines of one process, each an access line of its own request. */
function someLines(count: number) {
  const { log, logLines } = createTestTelemetry();
  for (let index = 0; index < count; index += 1)
    log.write('request', {
      'http.request.id': `request-${index}`,
      'http.response.status_code': 200 + index,
      'labels.route': '/v1/todos/:id',
    });
  return logLines();
}

const asFile = (name: string, lines: readonly unknown[]) => {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
};

describeWithElasticsearch('in Elasticsearch', (elasticsearch) => {
  const ask = (program: 'search' | 'gaps', environment: Record<string, string> = {}) =>
    run(program, { ELASTICSEARCH_URL: elasticsearch.url, ...environment });
  const index = (lines: readonly Readonly<Record<string, unknown>>[]) =>
    indexLines(elasticsearch.url, dataStream, lines);

  test('before the first line both say that nothing was shipped yet', () => {
    for (const program of ['search', 'gaps'] as const)
      expect(ask(program, { Q: '*' })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`has no ${dataStream} yet: no line was shipped to it so far.`),
      });
  });

  test('the lines of a request are found by its id, readable or as they are', async () => {
    await applyTemplates(connect({ ELASTICSEARCH_URL: elasticsearch.url }), {
      retention: '30d',
      say: () => {},
    });
    const lines = someLines(20);
    await index(lines.filter((_, position) => position !== 6 && position !== 7));
    const found = ask('search', { Q: 'http.request.id:request-3', SINCE: '15m' });
    expect(found.status).toBe(0);
    expect(found.lines).toEqual([
      expect.stringMatching(/^20\S+Z +info +request +\/v1\/todos\/:id +203 +request$/),
    ]);
    const raw = ask('search', { Q: 'http.request.id:"request-3"', JSON: '1' });
    expect(raw.lines.map((line) => JSON.parse(line) as unknown)).toEqual([lines[3]]);
    expect(ask('search', { Q: 'labels.route:"/nowhere"' }).stderr).toContain('No line matches');
    const limited = ask('search', { Q: '*', LIMIT: '2', JSON: '1' });
    expect(limited.lines.map((line) => JSON.parse(line) as unknown)).toEqual(lines.slice(-2));
    expect(limited.stderr).toContain('These are the last 2');
  });

  test('what would deceive a terminal is written out, and JSON=1 still gives the line as it is', async () => {
    const bootId = `${Date.now().toString(16).padStart(12, '0')}eeeeeeeeeeee`;
    const lines = [...separators, ...unseen.filter((text) => text.isWellFormed()), '\u001b[2J'].map(
      (text, index) => ({
        '@timestamp': new Date(Date.now() + index).toISOString(),
        'event.id': `${bootId}-${index + 1}`,
        'event.sequence': index + 1,
        'event.action': `before${text}after`,
        'service.name': `hostile${text}`,
        message: text,
      }),
    );
    await index(lines);
    const query = { Q: `event.id:${bootId}*` };
    const shown = ask('search', query);
    expect(shown.lines).toHaveLength(lines.length);
    expect(shown.lines.join('')).toBe(visibleInLine(shown.lines.join('')));
    expect(shown.lines[7]).toContain('before\\u2028after');
    const raw = ask('search', { ...query, JSON: '1' }).lines;
    expect(raw.join('')).toBe(visibleInLine(raw.join('')));
    expect(raw.map((line) => JSON.parse(line) as unknown)).toEqual(lines);
  });

  test('missing lines are named with their process, and the command fails', () => {
    const { status, lines } = ask('gaps');
    expect(lines).toEqual([
      expect.stringMatching(/^[0-9a-f]{24} {2}18 lines {2}MISSING 2: 7–8$/),
      expect.stringMatching(/^[0-9a-f]{12}eeeeeeeeeeee {2}\d+ lines {2}no gap$/),
      '2 lines are missing in 2 sequences (one for each start of a process).',
    ]);
    expect(status).toBe(1);
  });

  test('more lines than one page holds are all looked at', async () => {
    const bootId = `${Date.now().toString(16).padStart(12, '0')}ffffffffffff`;
    const many = Array.from({ length: 12_000 }, (_, position) => ({
      '@timestamp': new Date().toISOString(),
      'event.id': `${bootId}-${position + 1}`,
      'event.sequence': position + 1,
    }));
    await index(many.filter((_, position) => position !== 11_000));
    expect(ask('gaps').lines).toContain(`${bootId}  11999 lines  MISSING 1: 11001`);
  });

  test('a query that is not in Lucene syntax is a sentence', () => {
    const { status, stderr } = ask('search', { Q: 'log.level:(' });
    expect(stderr).toMatch(/^Elasticsearch can't read the query: .*line 1, column/);
    expect(status).toBe(1);
  });
});

describe('in a log file', () => {
  test('a whole log has no gap, whatever else the process printed', () => {
    const path = asFile('whole.log', ['no event', ...someLines(5)]);
    const { status, lines } = run('gaps', { FILE: path });
    expect(lines.at(-1)).toBe('0 lines are missing in 1 sequences (one for each start of a process).');
    expect(lines[1]).toBe('1 lines without an event.id were left aside.');
    expect(status).toBe(0);
  });

  test('a line is one line, whatever it has inside', () => {
    const { log, logLines } = createTestTelemetry();
    for (const text of [...separators, ...unseen])
      log.write('request', { 'http.request.id': `a${text}b`, 'labels.route': text });
    const lines = logLines();
    const { status, lines: said } = run('gaps', { FILE: asFile('separated.log', lines) });
    expect(said).toEqual([
      expect.stringMatching(new RegExp(`^[0-9a-f]{24}  ${lines.length} lines  no gap$`)),
      '0 lines are missing in 1 sequences (one for each start of a process).',
    ]);
    expect(status).toBe(0);
  });

  test('missing lines at the start and in the midst are gaps, and a repeated line is told', () => {
    const lines = someLines(9);
    const path = asFile('gaps.log', [...lines.slice(1, 4), ...lines.slice(5), lines[5]]);
    const { status, lines: said } = run('gaps', { FILE: path });
    expect(said[0]).toMatch(/ {2}7 lines, 1 more than once {2}MISSING 2: 1, 5$/);
    expect(status).toBe(1);
  });

  test('a log that was rotated is whole with its predecessor', () => {
    const lines = someLines(10);
    const first = asFile('api.log.1', lines.slice(0, 4));
    const second = asFile('api.log', lines.slice(4));
    expect(run('gaps', { FILE: second }).status).toBe(1);
    expect(run('gaps', { FILE: `${first},${second}` }).status).toBe(0);
  });
});

test.each([
  ['search', {}, 'Q is what to search for'],
  ['search', { Q: 'a:b', SINCE: 'yesterday' }, 'SINCE is "yesterday"; it takes'],
  ['search', { Q: 'a:b', LIMIT: '0' }, 'LIMIT is "0"; it takes'],
  ['search', { Q: 'a:b', ELASTICSEARCH_URL: 'http://127.0.0.1:1' }, 'does not answer'],
  ['gaps', { ELASTICSEARCH_URL: 'http://127.0.0.1:1' }, 'does not answer'],
  ['gaps', { FILE: '/no/such.log' }, "FILE: /no/such.log can't be read"],
] as const)('%s with %j fails with a sentence', (program, environment, sentence) => {
  expect(run(program, environment)).toMatchObject({ status: 1, stderr: expect.stringContaining(sentence) });
});

describe('sequences', () => {
  const now = Date.now();
  const boot = (at: number) => `${at.toString(16).padStart(12, '0')}abcdefabcdef`;

  test('are whole in whatever order the lines come', () => {
    const numbers = Array.from({ length: 50 }, (_, index) => ((index * 37) % 50) + 1);
    const sequences = new Sequences();
    for (const number of numbers) sequences.add(`${boot(now)}-${number}`);
    expect(sequences.boots(0)).toEqual([{ bootId: boot(now), lines: 50, repeated: 0, gaps: [] }]);
  });

  test('of a process that began before the time in question do not lack their first lines', () => {
    const sequences = new Sequences();
    for (const at of [now - 10_000, now])
      for (const number of [5, 6, 9]) sequences.add(`${boot(at)}-${number}`);
    expect(sequences.boots(now - 5000).map(({ gaps }) => gaps)).toEqual([
      [{ first: 7, last: 8 }],
      [
        { first: 1, last: 4 },
        { first: 7, last: 8 },
      ],
    ]);
  });
});

test('a nested line reads as a flat one, and what would move the cursor is written out', () => {
  const flat = { '@timestamp': 'T', 'log.level': 'warn', 'event.action': 'a', message: 'm\u001b[2J' };
  const nested = { '@timestamp': 'T', log: { level: 'warn' }, event: { action: 'a' }, message: 'm\u001b[2J' };
  expect(flatten(nested)).toEqual(flat);
  expect(readable(flatten(nested))).toBe(readable(flat));
  expect(readable(flat)).toMatch(/m\\u001b\[2J$/);
});
