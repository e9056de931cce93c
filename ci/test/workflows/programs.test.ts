/** kind and Terraform's registry can't be had where the tests run: what is told to them, and in which order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { run, standIns, temporaryFolder } from './support.ts';

async function calls(script: string, args: readonly string[], programs: Readonly<Record<string, string>>) {
  using folder = temporaryFolder();
  const { path, calls: noted } = standIns(folder.path, programs);
  const env = {
    PATH: path,
    KUBECONFIG: `${folder.path}/kubeconfig`,
    STACK_DIR: `${folder.path}/stack`,
    REVISION: 'abc',
  };
  const { code, output } = await run(script, args, { env });
  return { code, output, calls: noted().map((call) => call.replaceAll(folder.path, '…')) };
}

const missing = whyNoKubectl();
const withKubectl = missing === undefined ? test : test.skip;

describe('the cluster of kind', () => {
  /** It renders, as the real one, and takes everything. */
  const kubectl = `case "$*" in
    kustomize*) PATH='${process.env['PATH']}' exec kubectl "$@" ;;
    'apply -f -') grep -c 'kind' >&2 ;;
    'get job'*) echo '{ "items": [{ "status": { "conditions": [{ "type": "Complete", "status": "True" }] } }] }' ;;
  esac`;
  const programs = { kind: '', docker: '', kubectl };

  test('is made with the metrics that the autoscaler reads', async () => {
    const up = await calls('ci/workflows/kind.sh', ['up'], programs);
    expect(up.code).toBe(0);
    expect(up.calls[0]).toBe(
      'kind create cluster --config kubernetes/overlays/local/kind.yaml --kubeconfig …/kubeconfig --wait 3m',
    );
    expect(up.calls[1]).toMatch(
      /^kubectl apply -f https:\/\/github\.com\/kubernetes-sigs\/metrics-server\/releases\/download\/v/,
    );
    // The same release for those who do it by hand.
    expect(readFileSync(join(checkout, 'docs/deploy-kubernetes.md'), 'utf8')).toContain(`${up.calls[1]}\n`);
  });

  withKubectl(
    `gets the image of this checkout under the tag of the overlay, its secrets, and then the overlay${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const { code, output, calls: made } = await calls('ci/workflows/kind.sh', ['deploy'], programs);
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(made.filter((call) => !/^kubectl (kustomize|version)/.test(call))).toEqual([
        expect.stringMatching(
          /^docker build --file Dockerfile --tag ghcr\.io\/sightline-example\/todo-api:[\d.]+ --build-arg REVISION=abc \.$/,
        ),
        expect.stringMatching(
          /^docker build --file backup\/Dockerfile --tag \S+\/todo-api-backup:[\d.]+ --build-arg REVISION=abc \.$/,
        ),
        expect.stringMatching(
          /^kind load docker-image --name sightline \S+\/todo-api:[\d.]+ \S+\/todo-api-backup:[\d.]+$/,
        ),
        'kubectl apply -f -',
        'kubectl apply -k kubernetes/overlays/local',
        'kubectl get job -l app.kubernetes.io/name=todo-api --namespace todo-api --output json',
        expect.stringContaining('kubectl rollout status --namespace todo-api deployment/todo-api'),
        expect.stringContaining('kubectl rollout status --namespace todo-api statefulset/prometheus'),
      ]);
    },
  );

  test('is not given the overlay when the image cannot be built', async () => {
    const { code, calls: made } = await calls('ci/workflows/kind.sh', ['deploy'], {
      ...programs,
      docker: 'exit 1',
    });
    expect(code).toBe(1);
    expect(made).toHaveLength(1);
  });

  test('knows two commands', async () => {
    expect(await calls('ci/workflows/kind.sh', ['away'], programs)).toEqual({
      code: 1,
      output: 'There is up and deploy.\n',
      calls: [],
    });
  });
});

test('each environment of Terraform gets its lock, for every machine that plans or applies', async () => {
  const { code, calls: made } = await calls('ci/workflows/terraform-lock.sh', [], { terraform: '' });
  expect(code).toBe(0);
  expect(made.map((call) => call.split(' ').slice(1, 3).join(' '))).toEqual([
    '-chdir=terraform/environments/staging init',
    '-chdir=terraform/environments/staging providers',
    '-chdir=terraform/environments/production init',
    '-chdir=terraform/environments/production providers',
  ]);
  expect(made[1]).toContain('lock -platform=linux_amd64 -platform=linux_arm64 -platform=darwin_arm64');
});
