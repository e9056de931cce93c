/** Whether manifests are what the Kubernetes API would take: field by field, unknown ones refused. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonEnvironment } from '@sightline/tools/python-environment.ts';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../objects.ts';
import { isBuiltIn } from '../policy/custom-resources.ts';

/** The release whose schemas hold: that of the clusters. */
export const kubernetesVersion = '1.35';

/**
 * Holds objects to the schemas of Kubernetes; custom resources have their own table (policy/custom-resources.ts).
 * @returns a sentence for each object that is wrong
 * @throws NotPossible without python3, or without PyPI when the schemas are not here yet
 */
export async function validate(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const venv = await pythonEnvironment(join(import.meta.dirname, 'kubernetes-validate/requirements.txt'));
  const folder = await mkdtemp(join(tmpdir(), 'sightline-kubernetes-validate-'));
  try {
    const file = join(folder, 'objects.yaml');
    const documents = objects.filter(isBuiltIn).map((object) => stringify(object));
    await writeFile(file, documents.join('---\n'));
    const { status, stdout, stderr, error } = spawnSync(
      join(venv, 'bin/kubernetes-validate'),
      ['--strict', '--quiet', '--no-warn', '--kubernetes-version', kubernetesVersion, file],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 300_000 },
    );
    if (error !== undefined) throw error;
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    if (status !== 0 && lines.length === 0) throw new Error(`kubernetes-validate ends with ${status}.`);
    return status === 0
      ? []
      : lines.map((line) => line.replace(/^ERROR \S+ did not validate for resource /, ''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
