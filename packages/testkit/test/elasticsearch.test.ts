import { expect, test } from '@jest/globals';
import { describeWithElasticsearch } from '../describe-with-elasticsearch.ts';
import { elasticsearchStartMs } from '../elasticsearch.ts';
import { eventually } from '../eventually.ts';

describeWithElasticsearch('an Elasticsearch for tests', (elasticsearch) => {
  const health = async () => (await fetch(`${elasticsearch.url}/_cluster/health`)).status;

  test('hangs while it is paused and goes on afterwards', async () => {
    expect(await health()).toBe(200);
    await elasticsearch.pause();
    try {
      await expect(
        fetch(`${elasticsearch.url}/_cluster/health`, { signal: AbortSignal.timeout(500) }),
      ).rejects.toThrow('timeout');
    } finally {
      // Else the next test waits for it in vain.
      elasticsearch.resume();
    }
    await eventually(async () => (await health()) === 200);
  });

  test(
    'keeps its documents when it is killed and started again',
    async () => {
      const put = (path: string, body: object) =>
        fetch(`${elasticsearch.url}/${path}`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      expect((await put('kept', { settings: { number_of_replicas: 0 } })).status).toBe(200);
      expect((await put('kept/_doc/1', { kept: true })).status).toBe(201);
      await elasticsearch.kill();
      await expect(health()).rejects.toThrow();
      await elasticsearch.start();
      expect((await fetch(`${elasticsearch.url}/kept/_doc/1`)).status).toBe(200);
    },
    elasticsearchStartMs,
  );
});
