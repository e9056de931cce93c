import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { logFields } from '../../app/src/telemetry/signals.ts';
import { dataStream } from '../elasticsearch/connection.ts';
import { type Plugin, parseLogstash } from './support/logstash-configuration.ts';
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
  fingerprint: ['source', 'concatenate_sources', 'method', 'target'],
  mutate: ['add_field', 'gsub', 'remove_field'],
  ruby: ['code'],
  elasticsearch: [
    ...['hosts', 'api_key', 'ssl_certificate_authorities', 'action', 'document_id', 'index'],
    ...['manage_template', 'ilm_enabled'],
  ],
};

/** Fields that Filebeat and Logstash add, which no document keeps. */
const ofTheWay = ['container.id', 'log.file.path', 'log.offset'];

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
    const text = read(file).replaceAll(/#.*/g, '');
    const fields = [...text.matchAll(/(?:\[[\w@-]+\])+/g)]
      .map(([reference]) => reference.slice(1, -1).replaceAll('][', '.'))
      .filter((field) => field.includes('.') && !field.startsWith('@metadata.'));
    const allowed = new Set([...Object.keys(logFields), ...ofTheWay, 'event.original']);
    expect(fields).not.toEqual([]);
    expect(fields.filter((field) => !allowed.has(field))).toEqual([]);
  });

  test('writes to the data stream by the id of the event, once', () => {
    expect(named(all, 'elasticsearch').map(({ settings }) => settings)).toEqual([
      expect.objectContaining({
        action: 'create',
        document_id: '%{[event][id]}',
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
  /** As Ruby would: an inline flag, and backreferences with a backslash. */
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
  const fields = ['message', '[error][message]', '[error][stack_trace]'];

  test.each(fields)('of %s hides tokens, credentials, passwords and logins in addresses', (field) => {
    const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkzIn0.c2lnbmF0dXJl';
    for (const [text, secret] of [
      [`token was ${jwt}.`, jwt],
      ['Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
      ['authorization: basic ZGVtbzpodW50ZXIy', 'ZGVtbzpodW50ZXIy'],
      ['{"password":"hunter2"}', 'hunter2'],
      ['password=hunter2&x=1', 'hunter2'],
      ['refresh_token: "rt-123"', 'rt-123'],
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
