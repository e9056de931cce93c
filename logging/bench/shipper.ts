/**
 * `make bench-shipper`: lines a second of the shipper, which reads a file, keeps a checkpoint and counts, against a plain
 * loop over `client.bulk` with the same batches, ready in memory. Both in turn against one Elasticsearch of their own.
 * ROUNDS=3 and LINES=50000 say how much.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { integer } from '@sightline/settings/kinds.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { missingElasticsearch, startElasticsearch } from '@sightline/testkit/elasticsearch.ts';
import { line } from '@sightline/testkit/log-lines.ts';
import { applyTemplates } from '../elasticsearch/apply.ts';
import { connect, defaultRetention } from '../elasticsearch/connection.ts';
import { settings } from '../shipper/settings.ts';
import { startShipper } from './shipper-process.ts';

const goal = 0.9;
const { ROUNDS: rounds, LINES: lineCount } = readSettings(
  { ROUNDS: { ...integer(1, 1000), unset: '3' }, LINES: { ...integer(1, 10_000_000), unset: '50000' } },
  process.env,
);
const batchLines = Number(settings.SHIPPER_BATCH_LINES.unset);
const longestWaitMs = 300_000;

if (missingElasticsearch !== undefined) throw new Error(missingElasticsearch);
const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
const elasticsearch = await startElasticsearch();
const connection = connect({ ELASTICSEARCH_URL: elasticsearch.url });
try {
  await applyTemplates(connection, { retention: defaultRetention, say: () => {} });
  // What Elasticsearch's Java still has to warm up to counts for neither.
  await plainLoop('logs-todo-warm-up', linesOf('warm-up'));
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const plain = await plainLoop(`logs-todo-plain-${round}`, linesOf(`plain-${round}`));
    const shipped = await shipper(`logs-todo-shipped-${round}`, linesOf(`shipped-${round}`));
    ratios.push(shipped / plain);
    console.log(
      `round ${round}: plain loop ${plain.toFixed(0)} lines/s, shipper ${shipped.toFixed(0)} lines/s, ` +
        `ratio ${(shipped / plain).toFixed(2)}`,
    );
  }
  ratios.sort((one, other) => one - other);
  const median = ratios[Math.floor(ratios.length / 2)] ?? Number.NaN;
  console.log(`ratio ${median.toFixed(2)} (median of ${rounds}; goal: ${goal})`);
} finally {
  await connection.client.close();
  await elasticsearch.stop();
  rmSync(folder, { recursive: true, force: true });
}

function linesOf(boot: string): string[] {
  const further = {
    'trace.id': '4bf92f3577b34da6a3ce929d0e0e4736',
    'url.path': '/v1/todos',
    'event.duration': 1_234_567,
  };
  return Array.from({ length: lineCount }, (_, index) => line(boot, index + 1, further));
}

/** @returns lines a second */
async function plainLoop(index: string, lines: readonly string[]): Promise<number> {
  const batches: string[][] = [];
  for (let first = 0; first < lines.length; first += batchLines) {
    const batch = lines.slice(first, first + batchLines).map((text) => text.trimEnd());
    batches.push(
      batch.flatMap((body) => {
        const { 'event.id': _id } = JSON.parse(body) as { 'event.id': string };
        return [JSON.stringify({ create: { _id } }), body];
      }),
    );
  }
  const began = performance.now();
  for (const operations of batches) {
    const { errors } = await connection.client.bulk({
      index,
      operations,
      require_data_stream: true,
      filter_path: 'errors,items.create.status,items.create.error,items.create.failure_store',
    });
    if (errors) throw new Error(`Elasticsearch refused lines of ${index}.`);
  }
  return lines.length / ((performance.now() - began) / 1000);
}

/** @returns lines a second, from the moment the file is there to the last acknowledged line */
async function shipper(index: string, lines: readonly string[]): Promise<number> {
  const log = join(folder, `${index}.log`);
  writeFileSync(`${log}.new`, lines.join(''));
  const running = await startShipper({
    ELASTICSEARCH_URL: elasticsearch.url,
    SHIPPER_FILES: log,
    SHIPPER_STATE_DIRECTORY: join(folder, index),
    SHIPPER_DATA_STREAM: index,
  });
  try {
    const began = performance.now();
    renameSync(`${log}.new`, log);
    for (;;) {
      const shipped = (await running.metrics()).get('log_shipper_lines_total{outcome="shipped"}') ?? 0;
      const seconds = (performance.now() - began) / 1000;
      if (shipped >= lines.length) return lines.length / seconds;
      if (seconds * 1000 > longestWaitMs) throw new Error(`Only ${shipped} lines after ${seconds} s.`);
      await wait(20);
    }
  } finally {
    running.child.kill('SIGKILL');
    await running.ended;
    rmSync(log);
  }
}
