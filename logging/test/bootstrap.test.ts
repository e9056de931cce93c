import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeWithElasticsearch } from '@sightline/testkit/describe-with-elasticsearch.ts';
import { bareEnvironment } from '@sightline/testkit/process.ts';

function bootstrap(environment: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve(import.meta.dirname, '../elasticsearch/bootstrap.ts')],
    { encoding: 'utf8', env: { ...bareEnvironment, ...environment } },
  );
  return { status, lines: stdout.trim().split('\n'), stderr };
}

describeWithElasticsearch('the bootstrap', (elasticsearch) => {
  async function send(method: string, path: string, body?: object) {
    const response = await fetch(`${elasticsearch.url}/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  const run = (environment: Record<string, string> = {}) =>
    bootstrap({ ELASTICSEARCH_URL: elasticsearch.url, ...environment });
  const create = (id: string, line: object) =>
    send('PUT', `logs-todo-default/_create/${id}?refresh=true`, {
      '@timestamp': '2026-11-21T10:00:00Z',
      'event.id': id,
      ...line,
    });
  const backingIndices = async () => {
    const { body } = await send('GET', '_resolve/index/logs-todo-default');
    return (body as { data_streams: { backing_indices: string[] }[] }).data_streams[0]?.backing_indices ?? [];
  };

  test('makes the templates, says which field types are replaced, and changes nothing when it runs again', () => {
    const first = run();
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.lines).toEqual([
      'This Elasticsearch lacks the field types match_only_text and wildcard; text and keyword take their place.',
      'component template logs-todo-mappings: made',
      'component template logs-todo-settings: made',
      'component template logs-todo-retention: made',
      'index template logs-todo: made',
      'data stream logs-todo-default: comes with the first line',
    ]);
    expect(
      run()
        .lines.slice(1, 5)
        .map((line) => line.replace(/.*: /, '')),
    ).toEqual(Array(4).fill('as it was'));
  });

  test('the first line makes a data stream with the mapping of the contract, and no other field is indexed', async () => {
    expect((await create('a-1', { 'http.request.id': 'r1', 'labels.foreign': 'x' })).status).toBe(201);
    expect(await backingIndices()).toHaveLength(1);
    const count = async (query: string) =>
      (await send('GET', `logs-todo-default/_count?q=${encodeURIComponent(query)}`)).body['count'];
    expect(await count('http.request.id:r1')).toBe(1);
    expect(await count('labels.foreign:x')).toBe(0);
    expect((await create('a-1', { 'http.request.id': 'r1' })).status).toBe(409);
  });

  test('says that retention is not enforced where the data stream lifecycle is missing', () => {
    const { status, lines } = run();
    expect(status).toBe(0);
    expect(lines.at(-2)).toBe('mapping of logs-todo-default: as it was');
    expect(lines.at(-1)).toMatch(
      /^retention of logs-todo-default: can't be set, .* removes nothing by itself\.$/,
    );
  });

  test('puts back what someone changed, and another retention', async () => {
    expect((await send('PUT', '_component_template/logs-todo-settings', { template: {} })).status).toBe(200);
    const { lines } = run({ LOG_RETENTION: '7d' });
    expect(lines).toContain('component template logs-todo-settings: changed');
    expect(lines).toContain('component template logs-todo-retention: changed');
    expect((await send('GET', '_component_template/logs-todo-retention')).body).toMatchObject({
      component_templates: [{ component_template: { template: { lifecycle: { data_retention: '7d' } } } }],
    });
  });

  test('adds new fields to the stream in place, and begins a new backing index when a type has changed', async () => {
    // A mapping as an earlier release may have made it.
    const older = async (properties: object) => {
      await send('PUT', '_component_template/logs-todo-mappings', {
        template: { mappings: { dynamic: false, properties } },
      });
      return send('POST', 'logs-todo-default/_rollover');
    };
    await older({ '@timestamp': { type: 'date' } });
    expect(run().lines).toContain(
      'mapping of logs-todo-default: fields added; they are indexed in lines from now on',
    );
    expect(await backingIndices()).toHaveLength(2);
    await older({ '@timestamp': { type: 'date' }, event: { properties: { sequence: { type: 'keyword' } } } });
    expect(run().lines.join('\n')).toMatch(
      /a type has changed, so a new backing index was begun \(.*sequence/,
    );
    expect(await backingIndices()).toHaveLength(4);
    expect(run().lines).toContain('mapping of logs-todo-default: as it was');
  });
});

test('the bootstrap says what to do when Elasticsearch is away or a setting is wrong, and fails', () => {
  const away = bootstrap({ ELASTICSEARCH_URL: 'http://127.0.0.1:1' });
  expect(away.status).toBe(1);
  expect(away.stderr).toMatch(/http:\/\/127\.0\.0\.1:1 does not answer .*`make up COMPONENTS=logs/);
  expect(bootstrap({ LOG_RETENTION: 'for ever' }).stderr).toContain('LOG_RETENTION is "for ever"; it takes');
  expect(bootstrap({ ELASTICSEARCH_URL: 'http://me:secret@h' }).stderr).toMatch(
    /^(?!.*secret).*without user/,
  );
  expect(bootstrap({ ELASTICSEARCH_CA_FILE: '/none.pem' }).stderr).toContain(
    'ELASTICSEARCH_CA_FILE is "/none.pem"; it takes the path of a readable file',
  );
});
