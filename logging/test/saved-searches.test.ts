import { beforeAll, expect, test } from '@jest/globals';
import type { FieldsOf } from '@sightline/app/src/telemetry/log.ts';
import { createTestTelemetry } from '@sightline/app/test/support/telemetry.ts';
import type { LogEvent } from '@sightline/contract/signal.ts';
import { type LogEventName, type LogFieldName, logEvents, logFields } from '@sightline/contract/signals.ts';
import { describeWithElasticsearch } from '@sightline/testkit/describe-with-elasticsearch.ts';
import { indexLines } from '@sightline/testkit/elasticsearch.ts';
import type { LogLine } from '@sightline/testkit/emitted.ts';
import { applyTemplates } from '../elasticsearch/apply.ts';
import { connect, dataStream } from '../elasticsearch/connection.ts';
import { placeholders, searches } from '../kibana/searches.ts';

const ids = { request: '4bf92f35-77b3-4da6-a3ce-929d0e0e4736', user: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70' };
const others = { request: `${ids.request}0`, user: `${ids.user}0` };

/** Every event of the contract, of two requests by two users, and access lines of several statuses. */
function realLines(): LogLine[] {
  const { log, logLines } = createTestTelemetry({ LOG_LEVEL: 'trace' });
  const write = (event: LogEventName, { request, user }: typeof ids, further: object = {}) => {
    const names: readonly LogFieldName[] = logEvents[event].fields;
    const fields = Object.fromEntries(names.map((name) => [name, logFields[name].example]));
    log.write(event, {
      ...fields,
      'http.request.id': request,
      'user.id': user,
      'client.ip': '203.0.113.0',
      ...further,
    } as FieldsOf<typeof event>);
  };
  for (const event of Object.keys(logEvents) as LogEventName[]) {
    write(event, ids);
    write(event, others);
  }
  for (const status of [404, 499, 500, 503])
    write('request', others, { 'http.response.status_code': status });
  // The client chose another id.
  write('request', others, { 'transaction.id': ids.request });
  return logLines();
}

const action = (line: LogLine) => String(line['event.action']) as LogEventName;
const isAudit = (line: LogLine) => (logEvents[action(line)] as LogEvent).category !== undefined;

/** Which lines each saved search is for, said another way than by its query. */
const expected: Readonly<Record<string, (line: LogLine) => boolean>> = {
  'logs-todo-errors': (line) =>
    ['error', 'fatal'].includes(logEvents[action(line)].level) ||
    (action(line) === 'request' && Number(line['http.response.status_code']) >= 500),
  'logs-todo-slow-requests': (line) => action(line) === 'request-slow',
  'logs-todo-one-request': (line) =>
    line['http.request.id'] === ids.request || line['transaction.id'] === ids.request,
  'logs-todo-audit-trail': (line) => isAudit(line) && line['user.id'] === ids.user,
  'logs-todo-failed-log-ins': (line) => ['log-in-failed', 'password-refused'].includes(`${action(line)}`),
};

test('there is an expectation for each saved search', () => {
  expect(Object.keys(expected)).toEqual(searches.map(({ id }) => id));
});

describeWithElasticsearch('on a real Elasticsearch', (elasticsearch) => {
  const lines = realLines();
  beforeAll(async () => {
    const connection = connect({ ELASTICSEARCH_URL: elasticsearch.url });
    await applyTemplates(connection, { retention: '30d', say: () => {} });
    await indexLines(elasticsearch.url, dataStream, lines);
  });

  async function found(query: string): Promise<string[]> {
    const url = `${elasticsearch.url}/${dataStream}/_search?size=10000&q=${encodeURIComponent(query)}`;
    const { hits } = (await (await fetch(url)).json()) as { hits: { hits: { _id: string }[] } };
    return hits.hits.map(({ _id }) => _id).toSorted();
  }

  test.each(searches)('$title: finds the lines it is for and no others', async ({ id, query }) => {
    const filled = query
      .replaceAll(placeholders.request, ids.request)
      .replaceAll(placeholders.user, ids.user);
    const wanted = lines.filter((line) => expected[id]?.(line)).map((line) => String(line['event.id']));
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(lines.length);
    expect(await found(filled)).toEqual(wanted.toSorted());
  });

  test.each(searches.filter(({ query }) => /REQUEST_ID|USER_ID/.test(query)))(
    '$title: finds nothing as long as no id was put in',
    async ({ query }) => {
      expect(await found(query)).toEqual([]);
    },
  );

  test('each field of the contract is found by its example', async () => {
    const used = new Set(lines.flatMap((line) => Object.keys(line)));
    const missing: string[] = [];
    for (const name of used) if ((await found(`_exists_:${name}`)).length === 0) missing.push(name);
    expect(missing).toEqual([]);
  });
});
