import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { logFields } from '@sightline/contract/signals.ts';
import { separators } from '@sightline/testkit/hostile-lines.ts';
import { parse } from 'yaml';
import { dataStream } from '../elasticsearch/connection.ts';
import { type Plugin, parseLogstash } from './support/logstash-configuration.ts';
import { fromFilebeat, missingRuby, runFilters } from './support/logstash-filters.ts';
import { strangeNames, typedMembers } from './support/typed-lines.ts';
import { undocumentedVariables } from './support/variables.ts';

const read = (path: string) => readFileSync(resolve(import.meta.dirname, '../logstash', path), 'utf8');
const files = ['pipeline/logs.conf', 'pipeline/dead-letters.conf'] as const;
const plugins = (file: string) => parseLogstash(read(file));
const named = (all: readonly Plugin[], name: string) => all.filter((plugin) => plugin.name === name);

/** The settings of Logstash's plugins that are used here; Logstash refuses to start with an unknown one. */
const known: Readonly<Record<string, readonly string[]>> = {
  beats: [
    ...['host', 'port', 'ssl_enabled', 'ssl_certificate', 'ssl_key', 'ssl_certificate_authorities'],
    ...['ssl_client_authentication', 'ssl_supported_protocols', 'enrich'],
  ],
  dead_letter_queue: ['path', 'pipeline_id', 'commit_offsets', 'clean_consumed'],
  mutate: ['gsub', 'replace', 'remove_field'],
  ruby: ['init', 'code'],
  elasticsearch: [
    ...['hosts', 'api_key', 'ssl_certificate_authorities', 'action', 'document_id', 'index'],
    ...['manage_template', 'ilm_enabled'],
  ],
};

/** Fields that Filebeat and Logstash add, which no document keeps. */
const ofTheWay = ['container.id', 'log.file.path', 'log.offset'];

/** Every field that a pipeline names, with dots: `[event][id]`, `[event.id]`, and `['event.id']` of a line. */
function fieldsIn(file: string): string[] {
  // What stands in the place of a secret is no field.
  const text = read(file).replaceAll(/^ *#.*|\[(?:token|credentials|redacted)\]/gm, '');
  const references = [...text.matchAll(/(?:\[[\w@][\w@.-]*\])+/g)].map(([reference]) =>
    reference.slice(1, -1),
  );
  const keys = [...text.matchAll(/(?:line|error|nested)\['([\w@.]+)'\]/g)].map(([, name = '']) => name);
  const words = [...text.matchAll(/%w\[([^\]]+)\]/g)].flatMap(([, names = '']) => names.split(' '));
  return [...new Set([...references, ...keys, ...words].map((name) => name.replaceAll('][', '.')))];
}

describe.each(files)('%s', (file) => {
  const all = plugins(file);

  test('has one input and one output, and plugins with settings that exist', () => {
    expect(all.map(({ section }) => section)).toEqual([
      'input',
      ...all.slice(2).map(() => 'filter'),
      'output',
    ]);
    for (const { name, settings } of all)
      expect(known[name]).toEqual(expect.arrayContaining(Object.keys(settings)));
  });

  test('names fields of the contract alone', () => {
    const fields = fieldsIn(file).filter((field) => field.includes('.') && !field.startsWith('@metadata.'));
    const allowed = new Set([...Object.keys(logFields), ...ofTheWay, 'event.original']);
    expect(fields).not.toEqual([]);
    expect(fields.filter((field) => !allowed.has(field))).toEqual([]);
  });

  test('writes to the data stream by the id of the event, once', () => {
    expect(named(all, 'elasticsearch').map(({ settings }) => settings)).toEqual([
      expect.objectContaining({
        action: 'create',
        document_id: '%{[@metadata][id]}',
        index: dataStream,
        manage_template: 'false',
        ssl_certificate_authorities: [expect.stringContaining('ELASTICSEARCH_CA_FILE')],
      }),
    ]);
  });
});

test('lines are taken by TLS 1.3 from clients with a certificate', () => {
  expect(named(plugins('pipeline/logs.conf'), 'beats').map(({ settings }) => settings)).toEqual([
    expect.objectContaining({
      ssl_enabled: 'true',
      ssl_client_authentication: 'required',
      ssl_supported_protocols: ['TLSv1.3'],
    }),
  ]);
});

test('the queue of the lines is on disk, what is refused is kept, and the other pipeline reads that', () => {
  const pipelines = parse(read('config/pipelines.yml')) as Record<string, unknown>[];
  expect(pipelines).toMatchObject([
    {
      'pipeline.id': 'logs',
      'queue.type': 'persisted',
      'queue.checkpoint.writes': 1,
      'dead_letter_queue.enable': true,
    },
    { 'pipeline.id': 'dead-letters' },
  ]);
  expect(pipelines.map((pipeline) => String(pipeline['path.config']).split('/').at(-1))).toEqual(
    files.map((file) => file.split('/').at(-1)),
  );
  expect(named(plugins('pipeline/dead-letters.conf'), 'dead_letter_queue')[0]?.settings).toMatchObject({
    pipeline_id: 'logs',
    commit_offsets: 'true',
  });
});

describe('the redaction', () => {
  const steps = named(plugins('pipeline/logs.conf'), 'mutate').flatMap(
    ({ settings }) => settings['gsub'] ?? [],
  );
  const rules = Array.from({ length: steps.length / 3 }, (_, index) =>
    steps.slice(index * 3, index * 3 + 3).map(String),
  );
  /** Replaces as Ruby would: an inline flag, and backreferences with a backslash. */
  const redact = (field: string, text: string) =>
    rules
      .filter(([name]) => name === field)
      .reduce((result, [, pattern = '', replacement = '']) => {
        const flags = pattern.startsWith('(?i)') ? 'gi' : 'g';
        return result.replaceAll(
          new RegExp(pattern.replace('(?i)', ''), flags),
          replacement.replaceAll(/\\(\d)/g, '$$$1'),
        );
      }, text);
  const fields = [...new Set(rules.map(([name = '']) => name))];

  test('is of every text that a line of ours or of another logger has for people', () => {
    const nested = (name: string) => `[${name.replaceAll('.', '][')}]`;
    expect(fields).toEqual(
      expect.arrayContaining(
        ['error.message', 'error.stack_trace'].flatMap((name) => [`[${name}]`, nested(name)]),
      ),
    );
  });

  test.each(fields)('of %s hides tokens, credentials, passwords and logins in addresses', (field) => {
    const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkzIn0.c2lnbmF0dXJl';
    for (const [text, secret] of [
      [`token was ${jwt}.`, jwt],
      ['Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
      ['authorization: basic ZGVtbzpodW50ZXIy', 'ZGVtbzpodW50ZXIy'],
      ['{"password":"hunter2"}', 'hunter2'],
      ['password=hunter2&x=1', 'hunter2'],
      ['refresh_token: "rt-123"', 'rt-123'],
      [JSON.stringify(JSON.stringify({ message: '{"password":"hunter2"}' })), 'hunter2'],
      ['postgres://sightline:hunter2@db:5432/todo', 'hunter2'],
      ['rediss://:hunter2@redis:6379', 'hunter2'],
    ] as const) {
      expect(text).toContain(secret);
      expect(redact(field, text)).not.toContain(secret);
    }
  });

  test('leaves what the service says as it is', () => {
    for (const text of [
      'GET /v1/todos 200',
      'A refresh token came twice: its session is revoked.',
      'The demo user got the password of DEMO_USER_PASSWORD.',
      'DatabaseError: relation "todos" does not exist\n    at query (file:///app/src/database/connection.ts:12:3)',
    ])
      expect(redact('message', text)).toBe(text);
  });
});

/** Lines with each type at each place that the pipeline reads or the contract has; where it reads, also without an id. */
function lines(): string[] {
  const read = typedMembers([...fieldsIn(files[0]), ...strangeNames]);
  const all = new Set([...read, ...typedMembers(Object.keys(logFields))]);
  return [
    ...read.map((members) => `{${members}}`),
    ...[...all].map((members) => `{"event.id":"own-1","event.sequence":7,${members}}`),
  ];
}

describe(`the filters, run by Ruby${missingRuby === undefined ? '' : ` (skipped: ${missingRuby})`}`, () => {
  const testWithRuby = missingRuby === undefined ? test : test.skip;
  const pipeline = plugins('pipeline/logs.conf');
  const filter = (all: readonly string[]) =>
    runFilters(
      pipeline,
      all.map((line, index) => fromFilebeat(line, index)),
    );
  const one = (line: string) => filter([line])[0];

  testWithRuby('make of a line of ours the document that it is', () => {
    const line = {
      '@timestamp': '2026-02-03T04:05:06.789Z',
      'log.level': 'info',
      'event.id': 'boot-1',
      'event.sequence': 1,
      'ecs.version': '9.2.0',
      message: `a${separators.join('')}b`,
      'http.response.status_code': 200,
    };
    const { container, stream, log } = fromFilebeat('');
    expect(one(JSON.stringify(line))).toEqual({
      id: 'boot-1',
      document: { ...line, container, stream, log, ecs: {} },
    });
  });

  testWithRuby(
    'make a foreign line of any other text, with an id that stays and is of its place alone',
    () => {
      const texts = [
        'Error: oh no',
        '',
        '[1]',
        '1',
        'null',
        '{"level":30}',
        '{"event":"x"}',
        '{"event.id":5}',
        '{',
      ];
      const first = filter(texts);
      expect(first).toEqual(
        texts.map((message) => ({
          id: expect.stringMatching(/^[0-9a-f]{64}$/),
          document: expect.objectContaining({ message, 'event.action': 'foreign-line' }),
        })),
      );
      expect(filter(texts)).toEqual(first);
      const again = filter(['{"log":"x"}', '{"log":"x"}', '{"container":"x"}', '{"@metadata":{"id":"x"}}']);
      expect(new Set(again.map((each) => 'id' in each && each.id)).size).toBe(4);
    },
  );

  testWithRuby(
    'take any type in any field: none stops the pipeline, lacks an id of its own, or says less than its line',
    () => {
      const all = lines();
      const filtered = filter(all);
      expect(filtered).toHaveLength(all.length);
      const faults = filtered.flatMap((each, index) => {
        const line = all[index] ?? '';
        if ('raised' in each) return [`${line}: ${each.raised}`];
        const { id, document } = each;
        const isWhole = document['event.action'] !== 'foreign-line' || document['message'] === line;
        const isKnown =
          id === document['event.id'] || id === (document['event'] as { id?: unknown } | undefined)?.id;
        return typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= 512 && isWhole && isKnown
          ? []
          : [`${line}: ${JSON.stringify(each)}`];
      });
      expect(faults.slice(0, 3)).toEqual([]);
      console.info(`${all.length} lines went through the filters.`);
    },
  );

  testWithRuby('let no secret through, whatever type the field is that has it', () => {
    const secret = 'hunter2hunter2';
    const said = `{"password":"${secret}"}`;
    const texts = [said, [said], { deep: [said] }, `${said}\ud800`];
    const all = [
      ...['message', 'error.message', 'error.stack_trace'].flatMap((name) =>
        texts.flatMap((text) => [{ [name]: text }, { error: { [name.replace('error.', '')]: text } }]),
      ),
      ...[said, [said], [{ message: said }]].map((error) => ({ error })),
    ].map((fields) => JSON.stringify({ 'event.id': 'own-1', ...fields }));
    for (const each of filter(all)) expect(JSON.stringify(each)).not.toContain(secret);
  });

  testWithRuby('withhold what could not be redacted', () => {
    const broken = pipeline.map((plugin) =>
      plugin.name === 'ruby' ? { ...plugin, settings: { code: "raise 'planned'" } } : plugin,
    );
    expect(runFilters(broken, [fromFilebeat('secret')])).toEqual([
      { id: null, document: expect.objectContaining({ message: expect.stringContaining('withheld') }) },
    ]);
  });

  testWithRuby('of the dead letters make a text of anything, with its reason and an id', () => {
    const documents = filter(lines()).flatMap((each) => ('document' in each ? [each.document] : []));
    const strange = [{}, { event: 'x' }, { 'event.id': 'x'.repeat(600) }, { 'event.id': [] }];
    const events = [...documents, ...strange].map((document) => ({
      ...document,
      '@timestamp': '2026-01-01T00:00:00.000Z',
      '@metadata': { dead_letter_queue: { reason: 'planned' } },
    }));
    const faults = runFilters(plugins('pipeline/dead-letters.conf'), events).filter((each) => {
      if ('raised' in each) return true;
      const { '@timestamp': _, 'event.sequence': sequence = 0, message, ...rest } = each.document;
      const wanted = { 'event.id': each.id, 'event.action': 'foreign-line', 'error.message': 'planned' };
      const isId = typeof each.id === 'string' && each.id !== '' && Buffer.byteLength(each.id) <= 512;
      return !(
        isId &&
        typeof sequence === 'number' &&
        typeof message === 'string' &&
        isDeepStrictEqual(rest, wanted)
      );
    });
    expect(faults.slice(0, 3)).toEqual([]);
  });
});

test('every variable is in the README', () => {
  const texts = [...files, 'config/logstash.yml', 'config/pipelines.yml'].map(read);
  expect(undocumentedVariables(texts, read('README.md'))).toEqual([]);
});

describe('a mistake in a pipeline', () => {
  test.each([
    ['input { beats { port = 5044 } }', /Not a token: = 5044/],
    ['input { beats { port => 5044 }', /Expected a name, found the end/],
    ['source { }', /There is no section source/],
    ['filter { mutate { gsub => ["a" "b"] } }', /Expected ,, found "b"/],
    ['input { beats { port => 1 port => 2 } }', /port twice/],
  ])('%s', (text, problem) => {
    expect(() => parseLogstash(text)).toThrow(problem);
  });
});
