import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RunningProgram, start } from '@sightline/testkit/programs.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import { tool } from '@sightline/tools/tools.ts';
import { openMetrics, type Series } from './series.ts';

const run = promisify(execFile);

/** One result of an instant query. */
export interface Result {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus that holds known series and scrapes nothing. */
export interface KnownPrometheus extends Pick<RunningProgram, 'stop' | 'url'> {
  /** The time of the last sample, in seconds of Unix. */
  readonly end: number;
  /** @throws an error with Prometheus's sentence when it can't take the query */
  query(expr: string): Promise<readonly Result[]>;
}

/** Starts a real Prometheus on blocks that promtool makes of the series, which end at `end`. */
export async function startKnownPrometheus(
  seriesUntil: (end: number) => readonly Series[],
): Promise<KnownPrometheus> {
  // Within the last hours, so that no retention takes it away, and never in a block's future.
  const end = (Math.floor(Date.now() / 1000 / 3600) - 1) * 3600;
  const folder = await mkdtemp(join(tmpdir(), 'sightline-dashboards-'));
  const text = join(folder, 'series.txt');
  const blocks = join(folder, 'tsdb');
  await writeFile(text, openMetrics(seriesUntil(end), end));
  await writeFile(join(folder, 'prometheus.yaml'), '{}');
  await run(await tool('promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', text, blocks], {
    maxBuffer: 16 * 1024 * 1024,
  });
  const prometheus = await tool('prometheus');
  const { url, stop } = await start(folder, '/-/ready', (port) => [
    prometheus,
    `--config.file=${join(folder, 'prometheus.yaml')}`,
    `--storage.tsdb.path=${blocks}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const client = prometheusAt(url);
  return {
    end,
    url,
    stop,
    query: async (expr) =>
      (await client.instant(expr, end * 1000)).map(({ labels, samples }) => ({
        labels,
        value: samples[0]?.value ?? Number.NaN,
      })),
  };
}
