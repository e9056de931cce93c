import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { whyNoKubectl } from '../kubectl.ts';
import { containersOf, type KubernetesObject, ofKind, podOf, workloads } from '../objects.ts';
import { render } from '../render.ts';

const run = promisify(execFile);
const checkout = resolve(import.meta.dirname, '../..');
const missing = whyNoKubectl();
const withKubectl = missing === undefined ? describe : describe.skip;

withKubectl(`a change of the manifests${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let copy = '';
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'sightline-manifests-'));
    for (const folder of ['kubernetes', 'alerts', 'dashboards', 'monitoring'])
      cpSync(join(checkout, folder), join(copy, folder), { recursive: true });
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** Production, after a file of it was changed. */
  async function renderChanged(file: string, change: (text: string) => string): Promise<KubernetesObject[]> {
    const path = join(copy, 'kubernetes', file);
    const before = readFileSync(path, 'utf8');
    expect(change(before)).not.toBe(before);
    writeFileSync(path, change(before));
    try {
      const { stdout } = await run('kubectl', ['kustomize', join(copy, 'kubernetes/overlays/production')], {
        maxBuffer: 64 * 1024 * 1024,
      });
      return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
    } finally {
      writeFileSync(path, before);
    }
  }

  const apiPod = (objects: readonly KubernetesObject[]) => {
    const [api] = ofKind(objects, 'Deployment').filter(({ metadata }) => metadata.name === 'todo-api');
    return api && podOf(api).spec.containers[0];
  };
  const jobs = (objects: readonly KubernetesObject[]) =>
    ofKind(objects, 'Job').map(({ metadata }) => metadata.name);

  test('of a setting makes new pods, and leaves the Job of the release as it is', async () => {
    const before = await render('production');
    const after = await renderChanged('base/todo-api.env', (text) =>
      text.replace(/DRAIN_DELAY_MS=\d+/, 'DRAIN_DELAY_MS=6000'),
    );
    expect(apiPod(after)).not.toEqual(apiPod(before));
    expect(ofKind(after, 'Job')).toEqual(ofKind(before, 'Job'));
  });

  test('of the release makes a new Job with the new image, beside the new pods', async () => {
    const after = await renderChanged('overlays/production/release/kustomization.yaml', (text) =>
      text.replace(/newTag: .*/, 'newTag: 9.8.7'),
    );
    expect(apiPod(after)?.image).toBe('ghcr.io/sightline-example/todo-api:9.8.7');
    expect(jobs(after)).toEqual(['todo-api-migrate-9.8.7']);
    expect(jobs(after)).not.toEqual(jobs(await render('production')));
  });

  test('of the release and its digest names the Job by the release, and runs the digest', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const after = await renderChanged('overlays/production/release/kustomization.yaml', (text) =>
      text.replace(/newTag: .*/, `newTag: 9.8.7-rc.1\n    digest: ${digest}`),
    );
    expect(apiPod(after)?.image).toBe(`ghcr.io/sightline-example/todo-api:9.8.7-rc.1@${digest}`);
    expect(jobs(after)).toEqual(['todo-api-migrate-9.8.7-rc.1']);
  });
});

withKubectl('the releases of other images', () => {
  test('are each used by something', async () => {
    const listed = parse(
      readFileSync(join(checkout, 'kubernetes/components/images/kustomization.yaml'), 'utf8'),
    ) as { images: { name: string; newTag: string }[] };
    const used = new Set(
      workloads(await render('local'))
        .flatMap(containersOf)
        .map(({ image }) => image),
    );
    expect(listed.images.filter(({ name, newTag }) => !used.has(`${name}:${newTag}`))).toEqual([]);
  });
});
