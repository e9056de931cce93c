/** LOG_DESTINATION=elasticsearch of the API. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { generateSigningKey } from '@sightline/app/src/sessions/access-tokens.ts';
import { type ApiProcess, startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { describeWithElasticsearch } from '@sightline/testkit/describe-with-elasticsearch.ts';
import { elasticsearchStartMs } from '@sightline/testkit/elasticsearch.ts';
import type { LogLine } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { applyTemplates } from '../elasticsearch/apply.ts';
import { connect, dataStream, defaultRetention } from '../elasticsearch/connection.ts';
import { type FakeElasticsearch, startFakeElasticsearch } from './support/fake-elasticsearch.ts';

let database: TestDatabase;
const running: ApiProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => database.drop());

/** The environment of an image for production, whose packages are those for production. */
const withoutPackages: Record<string, string> = {
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (name, context, next) => next(name === 'pino-elasticsearch' ? 'not-installed' : name, context),
    });`)}`,
};

async function start(elasticsearchUrl: string, environment: Record<string, string> = {}) {
  const api = await startApiProcess({
    DATABASE_URL: database.url,
    LOG_DESTINATION: 'elasticsearch',
    ELASTICSEARCH_URL: elasticsearchUrl,
    RATE_LIMIT_IP: '0',
    ...environment,
  });
  running.push(api);
  return api;
}

/** Sends requests that leave a line each. */
async function request(api: ApiProcess, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) expect((await fetch(`${api.url}/v1/todos`)).status).toBe(401);
}

const linesOf = (api: ApiProcess): LogLine[] =>
  api
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
const idsOf = (api: ApiProcess) => linesOf(api).map((line) => String(line['event.id']));
const actionsOf = (api: ApiProcess) =>
  linesOf(api)
    .map((line) => String(line['event.action']))
    .filter((action) => action.startsWith('log-copy'));

async function stop(api: ApiProcess): Promise<number | string> {
  api.child.kill('SIGTERM');
  await once(api.child, 'exit', { signal: AbortSignal.timeout(30_000) });
  return api.ended;
}

describe('The copy of the log', () => {
  let elasticsearch: FakeElasticsearch;
  afterEach(() => elasticsearch.close());
  const copied = () => elasticsearch.documents.map(({ id }) => id);

  test('has every line once after Elasticsearch was away, and stdout tells of both', async () => {
    const away = await startFakeElasticsearch();
    await away.close();
    const api = await start(away.url);
    await eventually(() => actionsOf(api).includes('log-copy-failed'));
    await request(api, 20);
    elasticsearch = await startFakeElasticsearch(Number(new URL(away.url).port));
    elasticsearch.behave({ status: 503 }, { itemStatus: 429, times: 3 }, 'lost');
    await eventually(() => actionsOf(api).includes('log-copy-recovered'));
    await eventually(() => copied().length === linesOf(api).length);
    expect(await stop(api)).toBe(0);
    expect(copied().toSorted()).toEqual(idsOf(api).toSorted());
    expect(actionsOf(api)).toEqual(['log-copy-failed', 'log-copy-recovered']);
    const [document] = elasticsearch.documents;
    expect(document?.fields).toEqual(linesOf(api).find((line) => line['event.id'] === document?.id));
  });

  test('goes on without a line that does not fit the mapping, and stdout tells how many', async () => {
    elasticsearch = await startFakeElasticsearch();
    elasticsearch.behave({ itemStatus: 400, times: 2 });
    const api = await start(elasticsearch.url);
    await request(api, 5);
    await eventually(() => actionsOf(api).includes('log-copy-incomplete'));
    await eventually(() => copied().length === linesOf(api).length - 2);
    expect(linesOf(api)).toContainEqual(
      expect.objectContaining({ 'event.action': 'log-copy-incomplete', 'labels.lines_lost': 2 }),
    );
    expect(idsOf(api).slice(2).toSorted()).toEqual(copied().toSorted());
  });

  test('keeps no process from ending, and stdout says what it lacks', async () => {
    elasticsearch = await startFakeElasticsearch();
    elasticsearch.behave(...Array.from({ length: 10 }, () => 'hang' as const));
    const api = await start(elasticsearch.url);
    await request(api, 20);
    await eventually(() => elasticsearch.bulks.length === 1);
    expect(await stop(api)).toBe(0);
    const last = linesOf(api).at(-1);
    expect(last).toMatchObject({ 'event.action': 'log-copy-incomplete' });
    expect(last?.['labels.lines_lost']).toBe(linesOf(api).length - 1);
    expect(linesOf(api).at(-2)).toMatchObject({ 'event.action': 'process-stopped' });
  });
});

test.each([
  [
    'in production',
    { NODE_ENV: 'production' },
    'LOG_DESTINATION is "elasticsearch", whose copy can lack lines',
  ],
  [
    'to another machine',
    { ELASTICSEARCH_URL: 'http://logs.example' },
    'ELASTICSEARCH_URL is "http://logs.example"',
  ],
  [
    'without the packages for development',
    withoutPackages,
    'LOG_DESTINATION is "elasticsearch", which needs packages for development',
  ],
])('the API refuses to start with a copy %s', async (_, environment, sentence) => {
  const jwk = JSON.stringify({ keys: [generateSigningKey()] });
  const api = startProcess('main.ts', {
    DATABASE_URL: database.url,
    LOG_DESTINATION: 'elasticsearch',
    JWT_KEYS: jwk,
    ...environment,
  });
  expect(await api.ended).toBe(1);
  expect(api.output()).toContain(sentence);
});

describeWithElasticsearch('On a real Elasticsearch', (elasticsearch) => {
  beforeAll(async () => {
    const connection = connect({ ELASTICSEARCH_URL: elasticsearch.url });
    await applyTemplates(connection, { retention: defaultRetention, say: () => {} });
    await connection.client.close();
  });

  async function documents(): Promise<string[]> {
    const response = await fetch(`${elasticsearch.url}/${dataStream}/_search?size=10000&_source=false`);
    const { hits } = (await response.json()) as { hits: { hits: { _id: string }[] } };
    return hits.hits.map(({ _id }) => _id).toSorted();
  }

  test(
    'lines are documents under their ids; while it is gone the API goes on, with each line on stdout',
    async () => {
      const api = await start(elasticsearch.url);
      await request(api, 10);
      await eventually(async () => (await documents()).length === linesOf(api).length);
      expect(await documents()).toEqual(idsOf(api).toSorted());

      await elasticsearch.kill();
      await request(api, 50);
      await eventually(() => actionsOf(api).includes('log-copy-failed'));
      await elasticsearch.start();
      await eventually(() => actionsOf(api).includes('log-copy-recovered'), 60_000);
      await eventually(async () => (await documents()).length === linesOf(api).length);

      await elasticsearch.pause();
      await request(api, 50);
      expect(await stop(api)).toBe(0);
      elasticsearch.resume();
      const lines = linesOf(api);
      expect(lines.map((line) => line['event.sequence'])).toEqual(lines.map((_, index) => index + 1));
      expect(lines.filter((line) => line['event.action'] === 'request')).toHaveLength(110);
      expect(lines.at(-1)).toMatchObject({ 'event.action': 'log-copy-incomplete' });
    },
    elasticsearchStartMs,
  );
});
