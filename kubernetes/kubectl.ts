import { spawnSync } from 'node:child_process';

/** Why nothing can be rendered here; undefined when it can. */
export function whyNoKubectl(): string | undefined {
  return spawnSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'it needs kubectl, whose kustomize renders the manifests: https://kubernetes.io/docs/tasks/tools';
}
