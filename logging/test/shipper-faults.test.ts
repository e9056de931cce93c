import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { metrics } from '@sightline/contract/signals.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { line, lines } from '@sightline/testkit/log-lines.ts';
import type { ShipperProcess } from '../bench/shipper-process.ts';
import { idsOf, shipperTest } from './support/shipper-test.ts';

const here = shipperTest({ SHIPPER_BATCH_LINES: '10' });
const { log, start, ids, arrived } = here;
const deadLetters = () => join(here.folder, 'state/dead-letters.jsonl');
const shipped = (shipper: ShipperProcess, outcome: string) =>
  shipper.metrics().then((samples) => samples.get(`log_shipper_lines_total{outcome="${outcome}"}`));
const retried = (shipper: ShipperProcess, reason: string) =>
  shipper.metrics().then((samples) => samples.get(`log_shipper_retries_total{reason="${reason}"}`));

describe('Each line is one document', () => {
  test('when answers are lost, and a rollover follows', async () => {
    writeFileSync(log(), lines('a', 1, 30));
    here.elasticsearch.behave('normal', 'lost');
    const shipper = await start({ SHIPPER_RETRY_MS: '10000' });
    await arrived(20);
    here.elasticsearch.rollover();
    await arrived(30);
    expect(ids()).toEqual(idsOf('a', 30));
    expect(await shipped(shipper, 'duplicate')).toBe(10);
    expect(await shipped(shipper, 'shipped')).toBe(20);
    expect(await retried(shipper, 'connection')).toBe(1);
  });

  test('when the shipper is killed before the answer, and a rollover follows', async () => {
    writeFileSync(log(), lines('a', 1, 30));
    here.elasticsearch.behave('normal', 'lost');
    // It would try again after six seconds.
    const shipper = await start({ SHIPPER_RETRY_MS: '600000' });
    await arrived(20);
    shipper.child.kill('SIGKILL');
    await shipper.ended;
    here.elasticsearch.rollover();
    await start();
    await arrived(30);
    expect(ids()).toEqual(idsOf('a', 30));
    expect(here.elasticsearch.searches()).toBe(1);
  });

  test('when Elasticsearch does not answer in time', async () => {
    writeFileSync(log(), lines('a', 1, 20));
    here.elasticsearch.behave('hang');
    const shipper = await start({ SHIPPER_TIMEOUT_MS: '200' });
    await arrived(20);
    expect(ids()).toEqual(idsOf('a', 20));
    expect(await retried(shipper, 'timeout')).toBe(1);
    expect(here.elasticsearch.searches()).toBe(1);
  });

  test('when it has too much to do: only what it did not take is sent again', async () => {
    writeFileSync(log(), lines('a', 1, 20));
    here.elasticsearch.behave({ itemStatus: 429, times: 4 }, { itemStatus: 429, times: 1 }, { status: 429 });
    const shipper = await start();
    await arrived(20);
    expect(ids().toSorted()).toEqual(idsOf('a', 20).toSorted());
    expect(here.elasticsearch.bulks).toEqual([10, 4, 1, 1, 10]);
    expect(await retried(shipper, 'throttled')).toBe(3);
    expect(here.elasticsearch.searches()).toBe(0);
  });

  test('when it fails as a whole', async () => {
    writeFileSync(log(), lines('a', 1, 10));
    here.elasticsearch.behave({ status: 503 }, { status: 500 }, { status: 401 });
    const shipper = await start();
    await arrived(10);
    expect(ids()).toEqual(idsOf('a', 10));
    expect(await retried(shipper, 'server_error')).toBe(3);
  });

  test('when it is not there at first', async () => {
    writeFileSync(log(), lines('a', 1, 10));
    await here.elasticsearch.close();
    const shipper = await start();
    await eventually(async () => ((await retried(shipper, 'connection')) ?? 0) > 2);
    expect((await shipper.metrics()).get('log_shipper_elasticsearch_up')).toBe(0);
    expect((await shipper.metrics()).get('log_shipper_lag_bytes')).toBe(lines('a', 1, 10).length);
    expect((await shipper.metrics()).get('log_shipper_lag_seconds')).toBeGreaterThan(0);
    expect((await shipper.get('/health')).status).toBe(200);
    await here.restartElasticsearch();
    await arrived(10);
    await eventually(async () => (await shipper.metrics()).get('log_shipper_lag_bytes') === 0);
    expect((await shipper.metrics()).get('log_shipper_elasticsearch_up')).toBe(1);
    expect((await shipper.metrics()).get('log_shipper_lag_seconds')).toBe(0);
  });
});

describe('A refused line', () => {
  test('becomes a dead letter with its reason and blocks no other', async () => {
    writeFileSync(log(), lines('a', 1, 10));
    here.elasticsearch.behave({ itemStatus: 400, times: 2 });
    const shipper = await start();
    await arrived(8);
    await eventually(async () => (await shipped(shipper, 'dead_lettered')) === 2);
    const letters = readFileSync(deadLetters(), 'utf8')
      .trimEnd()
      .split('\n')
      .map((letter) => JSON.parse(letter) as Record<string, string>);
    expect(letters.map(({ id, reason }) => ({ id, reason }))).toEqual([
      { id: 'a-1', reason: 'planned: planned' },
      { id: 'a-2', reason: 'planned: planned' },
    ]);
    expect(`${letters[0]?.['line']}\n`).toBe(readFileSync(log(), 'utf8').split(/(?<=\n)/)[0]);
  });

  test('is found among those of a request that is refused as a whole', async () => {
    writeFileSync(log(), lines('a', 1, 4));
    // The halves of the request, and the half that is at fault again, down to one line.
    here.elasticsearch.behave({ status: 413 }, 'normal', { status: 400 }, { status: 400 });
    const shipper = await start();
    await arrived(3);
    await eventually(async () => (await shipped(shipper, 'dead_lettered')) === 1);
    expect(ids()).toEqual(['a-1', 'a-2', 'a-4']);
    expect(JSON.parse(readFileSync(deadLetters(), 'utf8'))).toMatchObject({ id: 'a-3' });
  });
});

describe('A stop', () => {
  test('ships what is written, and writes down how far that is', async () => {
    writeFileSync(log(), lines('a', 1, 10));
    // No batch would be due for a minute.
    const shipper = await start({ SHIPPER_BATCH_AGE_MS: '60000', SHIPPER_BATCH_LINES: '1000' });
    appendFileSync(log(), lines('a', 11, 12));
    shipper.child.kill('SIGTERM');
    expect(await shipper.ended).toBe(0);
    expect(ids()).toEqual(idsOf('a', 12));
    expect(shipper.output()).toContain('Stopped; all is shipped.');
  });

  test('takes no longer than it may while Elasticsearch hangs, and the next start ships the rest', async () => {
    writeFileSync(log(), lines('a', 1, 10));
    here.elasticsearch.behave('hang');
    const shipper = await start({ SHIPPER_STOP_MS: '300' });
    await eventually(() => here.elasticsearch.bulks.length === 1);
    shipper.child.kill('SIGTERM');
    expect(await shipper.ended).toBe(0);
    expect(shipper.output()).toContain('Stopped in time, with lines left for the next start.');
    await start();
    await arrived(10);
    expect(ids()).toEqual(idsOf('a', 10));
    expect(here.elasticsearch.searches()).toBe(1);
  });
});

test('The memory stays bounded while Elasticsearch hangs and lines pile up', async () => {
  const text = line('a', 1, { message: 'x'.repeat(500) });
  const write = (first: number, count: number) =>
    appendFileSync(
      log(),
      Array.from({ length: count }, (_, index) => text.replace('"a-1"', `"a-${first + index}"`)).join(''),
    );
  const settings = { SHIPPER_BATCH_LINES: '1000', SHIPPER_TIMEOUT_MS: '600000' };
  // The second start is like every later one: what strips the types is not needed any more.
  write(1, 1);
  const first = await start(settings);
  await arrived(1);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  write(2, 30_000);
  const shipper = await start(settings);
  await arrived(30_001);
  here.elasticsearch.behave('hang');
  for (let part = 0; part < 20; part += 1) write(30_002 + part * 10_000, 10_000);
  await eventually(async () => {
    const lag = (await shipper.metrics()).get('log_shipper_lag_bytes') ?? 0;
    return lag > 200_000 * 600;
  });
  await eventually(() => here.elasticsearch.bulks.at(-1) === 1000);
  const max = shipper.maxMemory();
  console.info(
    `Most memory with 30,000 lines shipped and 200,000 waiting: ${max && (max / 1e6).toFixed(0)} MB (goal: 120)`,
  );
  if (max !== undefined) expect(max).toBeLessThan(120e6);
});

test('It emits the metrics of the contract and no others', async () => {
  writeFileSync(log(), lines('a', 1, 10));
  const shipper = await start();
  await arrived(10);
  const names = new Set(
    [...(await shipper.metrics()).keys()].map((series) =>
      series.replace(/(_bucket|_sum|_count)?(\{.*)?$/, ''),
    ),
  );
  const declared = Object.entries(metrics).filter(([, { emitter }]) => emitter === 'log-shipper');
  expect([...names].toSorted()).toEqual(declared.map(([name]) => name).toSorted());
  expect((await shipper.metrics()).get('log_shipper_batch_lines_count')).toBe(1);
  expect((await shipper.metrics()).get('log_shipper_batch_duration_seconds_count')).toBe(1);
  const now = Date.now() / 1000;
  for (const name of ['last_success', 'checkpoint'])
    expect(
      Math.abs(now - ((await shipper.metrics()).get(`log_shipper_${name}_timestamp_seconds`) ?? 0)),
    ).toBeLessThan(60);
});
