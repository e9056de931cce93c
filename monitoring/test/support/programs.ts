import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type RunningProgram, start } from '@sightline/testkit/programs.ts';
import { tool, whyMissing } from '@sightline/tools/tools.ts';

const monitoring = resolve(import.meta.dirname, '../..');

/** Why the tests that run Prometheus and Alertmanager can't; to be part of a skipped test's name. */
export const missingTools = whyMissing('promtool') ?? whyMissing('amtool');

export const newFolder = () => mkdtempSync(join(tmpdir(), 'sightline-monitoring-test-'));

/** A real Alertmanager with this configuration and the templates of the repository. */
export async function startAlertmanager(configuration: object): Promise<RunningProgram> {
  const program = await tool('alertmanager');
  const folder = newFolder();
  cpSync(join(monitoring, 'alertmanager/templates'), join(folder, 'templates'), { recursive: true });
  writeFileSync(join(folder, 'alertmanager.yaml'), JSON.stringify(configuration));
  return start(folder, '/-/ready', (port) => [
    program,
    `--config.file=${join(folder, 'alertmanager.yaml')}`,
    `--storage.path=${join(folder, 'storage')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
}

/** A real Prometheus on the version-controlled native configuration, with these files of targets. */
export async function startPrometheus(
  flags: readonly string[],
  targets: Readonly<Record<string, object>>,
): Promise<RunningProgram> {
  const program = await tool('prometheus');
  const folder = newFolder();
  cpSync(join(monitoring, 'prometheus/generated/native.yaml'), join(folder, 'prometheus.yaml'));
  mkdirSync(join(folder, 'targets'));
  for (const [job, target] of Object.entries(targets)) writeTargets(folder, job, target);
  return start(folder, '/-/ready', (port) => [
    program,
    ...flags,
    `--config.file=${join(folder, 'prometheus.yaml')}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
}

export function writeTargets(folder: string, job: string, target: object): void {
  writeFileSync(join(folder, 'targets', `${job}.json`), JSON.stringify([target]));
}
