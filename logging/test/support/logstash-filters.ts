import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Plugin } from './logstash-configuration.ts';

/** Why filters can't be run here; to be part of a skipped test's name. */
export const missingRuby =
  spawnSync('ruby', ['--version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'ruby is not on the PATH (Debian: ruby)';

/**
 * The result for one event: its document, or the error that would stop the pipeline, since the queue brings
 * it back.
 */
export type Filtered =
  | { readonly id: string; readonly document: Readonly<Record<string, unknown>> }
  | { readonly raised: string };

/** Runs the filters of a pipeline on events, the ruby code among them by a real Ruby. Throws what that said when it failed. */
export function runFilters(pipeline: readonly Plugin[], events: readonly object[]): Filtered[] {
  const filters = pipeline.filter(({ section }) => section === 'filter');
  const { status, stdout, stderr } = spawnSync('ruby', [join(import.meta.dirname, 'logstash.rb')], {
    encoding: 'utf8',
    input: JSON.stringify({ filters, events }),
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Filtered);
}

/** An event as Filebeat sends a line that a container printed. */
export const fromFilebeat = (line: string, offset = 0) => ({
  '@timestamp': '2026-01-01T00:00:00.000Z',
  '@version': '1',
  '@metadata': { beat: 'filebeat', type: '_doc', version: '9.2.0' },
  message: line,
  container: { id: 'c0ffee' },
  log: { offset, file: { path: '/var/lib/docker/containers/c0ffee/c0ffee-json.log' } },
  stream: 'stdout',
  ecs: { version: '8.0.0' },
  agent: { name: 'node' },
  input: { type: 'filestream' },
});
