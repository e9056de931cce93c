import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { whyNoElasticsearch } from '@sightline/servers/elasticsearch/distribution.ts';
import { newStack, succeeded } from './fixtures/stacks.ts';

const missing = whyNoElasticsearch();
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

(missing === undefined ? test : test.skip)(
  `make up COMPONENTS=logs brings Elasticsearch with its templates, and its data outlives make down${because}`,
  async () => {
    const stack = await newStack({ table: false });
    const url = `http://127.0.0.1:${stack.ports['ELASTICSEARCH_PORT']}`;
    const up = async () => {
      const { output } = await succeeded(stack.run('up', { COMPONENTS: 'logs' }));
      expect({ bootstrap: stack.component('elasticsearch-bootstrap')?.state, output }).toMatchObject({
        bootstrap: 'done',
      });
      return output;
    };
    expect(await up()).toContain(
      `make search Q='event.action:request' SINCE=15m ELASTICSEARCH_PORT=${stack.ports['ELASTICSEARCH_PORT']}`,
    );
    const created = await fetch(`${url}/logs-todo-default/_create/kept-1`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ '@timestamp': '2026-11-21T10:00:00Z' }),
    });
    expect(created.status).toBe(201);
    await succeeded(stack.run('down'));
    await expect(fetch(url)).rejects.toThrow();
    await up();
    const found = await fetch(`${url}/logs-todo-default/_search?q=_id:kept-1`);
    expect(await found.json()).toMatchObject({ hits: { total: { value: 1 } } });
  },
  600_000,
);

test('without a JDK or Maven make up says what to install for Elasticsearch', async () => {
  const stack = await newStack({ table: false });
  const empty = join(stack.top, 'bin');
  mkdirSync(empty);
  // The fetched one is out of sight too.
  const { output } = await stack.run('up', {
    COMPONENTS: 'logs',
    PATH: empty,
    SIGHTLINE_CACHE: join(stack.top, 'cache'),
  });
  expect(stack.component('elasticsearch')?.state).toBe('missing');
  expect(output).toMatch(
    /Elasticsearch (needs a JDK 21 or newer|is fetched by Maven, and mvn is not on the PATH)/,
  );
});
