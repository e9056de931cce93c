import { expect, test } from '@jest/globals';
import { whyNoElasticsearch } from '@sightline/servers/elasticsearch/distribution.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { newStack, succeeded } from './fixtures/stacks.ts';

const missing = whyNoElasticsearch();
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

(missing === undefined ? test : test.skip)(
  `a request id of an answer finds the request's line in Elasticsearch, and the shipper's metrics are there${because}`,
  async () => {
    const stack = await newStack({ table: false });
    const at = (setting: string) => `http://127.0.0.1:${stack.ports[setting]}`;
    const { output } = await succeeded(stack.run('up', { COMPONENTS: 'api,logs' }));
    expect({ shipper: stack.component('log-shipper')?.state, output }).toMatchObject({ shipper: 'ready' });
    const id = (await fetch(`${at('API_PORT')}/v1/todos`)).headers.get('x-request-id');
    await eventually(async () => {
      const found = await fetch(
        `${at('ELASTICSEARCH_PORT')}/logs-todo-default/_search?q=http.request.id:%22${id}%22`,
      );
      return JSON.stringify(await found.json()).includes('"event.action":"request"');
    });
    const metrics = await (await fetch(`${at('LOG_SHIPPER_PORT')}/metrics`)).text();
    expect(metrics).toMatch(/log_shipper_lines_total\{outcome="shipped"\} [1-9]/);
  },
  600_000,
);
