/** Manifests as the cluster would get them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './objects.ts';

const run = promisify(execFile);

/** The deployed overlays, and the variants that stand in for alternatives that no overlay takes. */
export const overlays = ['local', 'staging', 'production'] as const;
export const variants = ['ingress', 'aws-load-balancer', 'rds-iam'] as const;
export type Rendering = (typeof overlays)[number] | (typeof variants)[number];
export const renderings: readonly Rendering[] = [...overlays, ...variants];

/** The manifests of an overlay as text. @throws Error with what kustomize says is wrong */
export async function renderText(rendering: Rendering): Promise<string> {
  const folder = (overlays as readonly string[]).includes(rendering) ? 'overlays' : 'test/variants';
  // Dashboards alone are some hundred kilobytes.
  const { stdout } = await run('kubectl', ['kustomize', join(import.meta.dirname, folder, rendering)], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** The objects of an overlay. @throws Error with what kustomize says is wrong */
export async function render(rendering: Rendering): Promise<KubernetesObject[]> {
  return parseAllDocuments(await renderText(rendering)).map(
    (document) => document.toJS() as KubernetesObject,
  );
}
