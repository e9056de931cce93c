/** A cluster takes minutes to start, and staging can't be had: kubectl is a stand-in that notes what it is told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import { freePort } from '@sightline/servers/free-port.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { backupImageName, imageName, withRelease } from '../../workflows/release-of-overlay.ts';
import { run, standIns, temporaryFolder } from './support.ts';

const overlayFile = () =>
  readFileSync(join(checkout, 'kubernetes/overlays/staging/release/kustomization.yaml'), 'utf8');

const digests = { DIGEST: `sha256:${'a'.repeat(64)}`, BACKUP_DIGEST: `sha256:${'b'.repeat(64)}` };

const missing = whyNoKubectl();
/** The command that renders: the real kubectl, which needs no cluster for it, where there is one. */
const rendered =
  missing === undefined
    ? 'kubectl kustomize "$1";'
    : 'echo name: todo-api-migrate-0.2.0; cat "$1/release/kustomization.yaml";';

/** A cluster whose Deployment has had so many revisions; a new one comes with each `apply`. */
function cluster(
  folder: string,
  options: { readonly revisions?: number; readonly failing?: string; readonly migration?: string } = {},
) {
  const { revisions = 0, failing = 'nothing', migration = 'Complete' } = options;
  const counter = join(folder, 'revision');
  return standIns(folder, {
    kubectl: `
      render() { PATH='${process.env['PATH']}'; ${rendered} }
      [ -f ${counter} ] || echo ${revisions} >${counter}
      case "$*" in
        *'${failing}'*) echo 'error: no' >&2; exit 1 ;;
        apply*) echo $(($(cat ${counter}) + 1)) >${counter}; render "$3" | grep -o -e 'name: todo-api-migrate-.*' -e 'image: .*/todo-api.*' ;;
        'get job/'*) echo '{ "metadata": { "name": "todo-api-migrate-0.2.0" }, "status": { "conditions": ['\
          '{ "type": "SuccessCriteriaMet", "status": "True" }, { "type": "${migration}", "status": "True" }] } }' ;;
        get*) [ "$(cat ${counter})" = 0 ] || cat ${counter} ;;
        logs*) echo 'error: relation "todos" does not exist' ;;
      esac`,
  });
}

const environment = (path: string, folder: string) => ({
  PATH: path,
  KUBECONFIG: join(folder, 'kubeconfig'),
  DEPLOY_DIR: join(folder, 'deploy'),
  ENVIRONMENT: 'staging',
  RELEASE: '0.2.0',
  ...digests,
});

describe('a deployment', () => {
  test('applies the overlay with the release, waits for its migration and its pods, and leaves the checkout as it was', async () => {
    using folder = temporaryFolder();
    const { path, calls } = cluster(folder.path, { revisions: 4 });
    const before = overlayFile();
    const { code, output } = await run('ci/workflows/deploy.ts', ['deploy'], {
      env: environment(path, folder.path),
    });
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining('name: todo-api-migrate-0.2.0'),
    });
    expect(calls()).toEqual([
      expect.stringContaining('kubectl get deployment/todo-api'),
      expect.stringMatching(/^kubectl apply --kustomize .*\/kubernetes\/overlays\/staging$/),
      'kubectl get job/todo-api-migrate-0.2.0 --namespace todo-api --output json',
      'kubectl rollout status --namespace todo-api deployment/todo-api --timeout=15m',
    ]);
    expect(overlayFile()).toBe(before);
  });

  (missing === undefined ? test : test.skip)(
    'runs every image of ours by the digest that was verified',
    async () => {
      using folder = temporaryFolder();
      const { path } = cluster(folder.path, { revisions: 4 });
      const { output } = await run('ci/workflows/deploy.ts', ['deploy'], {
        env: environment(path, folder.path),
      });
      const images = new Set([...output.matchAll(/^image: (\S+)$/gm)].map(([, image]) => image));
      expect([...images].toSorted()).toEqual([
        `${backupImageName}:0.2.0@${digests.BACKUP_DIGEST}`,
        `${imageName}:0.2.0@${digests.DIGEST}`,
      ]);
    },
  );

  (missing === undefined ? test : test.skip)(
    'takes the images from the packages of whoever has the repository',
    async () => {
      using folder = temporaryFolder();
      const { path } = cluster(folder.path, { revisions: 4 });
      const env = { ...environment(path, folder.path), GITHUB_REPOSITORY: 'Somebody-Else/todo' };
      const { output } = await run('ci/workflows/deploy.ts', ['deploy'], { env });
      expect(output).toContain(`image: ghcr.io/somebody-else/todo-api:0.2.0@${digests.DIGEST}\n`);
      expect(output).not.toContain(imageName);
    },
  );

  test('whose migration fails fails, and is taken back to the revision before it', async () => {
    using folder = temporaryFolder();
    const { path, calls } = cluster(folder.path, { revisions: 4, migration: 'Failed' });
    const env = environment(path, folder.path);
    const deployed = await run('ci/workflows/deploy.ts', ['deploy'], { env });
    expect(deployed).toMatchObject({
      code: 1,
      output: expect.stringContaining(
        'job/todo-api-migrate-0.2.0 failed. Its last lines:\nerror: relation "todos" does not exist',
      ),
    });
    expect(await run('ci/workflows/deploy.ts', ['roll-back'], { env })).toMatchObject({ code: 0 });
    expect(calls().slice(-2)).toEqual([
      'kubectl rollout undo --namespace todo-api deployment/todo-api --to-revision=4',
      'kubectl rollout status --namespace todo-api deployment/todo-api --timeout=15m',
    ]);
  });

  test('that changed nothing takes nothing back', async () => {
    using folder = temporaryFolder();
    const { path, calls } = cluster(folder.path, { revisions: 4, failing: 'apply' });
    const env = environment(path, folder.path);
    expect((await run('ci/workflows/deploy.ts', ['deploy'], { env })).code).toBe(1);
    const { code, output } = await run('ci/workflows/deploy.ts', ['roll-back'], { env });
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining('nothing to take back'),
    });
    expect(calls().join()).not.toContain('undo');
  });

  test('that was the first has nothing to go back to', async () => {
    using folder = temporaryFolder();
    const { path } = cluster(folder.path);
    const env = environment(path, folder.path);
    expect((await run('ci/workflows/deploy.ts', ['deploy'], { env })).code).toBe(0);
    const { code, output } = await run('ci/workflows/deploy.ts', ['roll-back'], { env });
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining('Nothing ran in staging before'),
    });
  });

  test.each([
    [
      'an environment that is none',
      { ENVIRONMENT: 'local' },
      /ENVIRONMENT is "local"; there are staging and production/,
    ],
    [
      'a release that no Job can be called by',
      { RELEASE: 'V1_0' },
      /RELEASE is "V1_0"; it takes lower-case letters/,
    ],
    [
      'a release whose image it does not know',
      { DIGEST: '' },
      /DIGEST is ""; it takes the digest of .*todo-api, sha256:…, that make verify-image found signed/,
    ],
    [
      'a backup by its tag',
      { BACKUP_DIGEST: '0.2.0' },
      /BACKUP_DIGEST is "0.2.0"; it takes the digest of .*-backup/,
    ],
    ['a cluster that nobody named', { KUBECONFIG: '' }, /KUBECONFIG is not set/],
    ['a release that is a command', { RELEASE: '1;ls' }, /RELEASE is "1;ls"/],
  ])('refuses %s before it asks the cluster', async (_name, wrong, sentence) => {
    using folder = temporaryFolder();
    const { path, calls } = cluster(folder.path, { revisions: 4 });
    const env = { ...environment(path, folder.path), ...wrong };
    const { code, output } = await run('ci/workflows/deploy.ts', ['deploy'], { env });
    expect(code).toBe(1);
    expect(output).toMatch(sentence);
    expect(calls()).toEqual([]);
  });

  test('takes back nothing where nothing was deployed', async () => {
    using folder = temporaryFolder();
    const { path } = cluster(folder.path);
    const { code, output } = await run('ci/workflows/deploy.ts', ['roll-back'], {
      env: environment(path, folder.path),
    });
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining('Nothing was deployed from here'),
    });
  });

  test.each(['staging', 'production', 'local'])(
    'the overlay %s names a release that can be changed',
    (overlay) => {
      const file = join(checkout, `kubernetes/overlays/${overlay}/release/kustomization.yaml`);
      const text = readFileSync(file, 'utf8');
      const changed = { [imageName]: digests.DIGEST, [backupImageName]: digests.BACKUP_DIGEST };
      const [service, backups] = Object.values(changed).map(
        (digest) => `newTag: 9.9.9\n    digest: ${digest}`,
      );
      let count = 0;
      expect(withRelease(text, '9.9.9', changed)).toBe(
        text.replace(/newTag: \S+/g, () => [service, backups][count++] ?? ''),
      );
    },
  );
});

describe('make verify on a cluster', () => {
  /** Forwards to where nobody listens, until it is ended; notes that it was. */
  const forwarding = (folder: string, port: number) =>
    standIns(folder, {
      kubectl: `
        case "$1" in
          get) echo pod/todo-api-1; echo pod/todo-api-2 ;;
          port-forward)
            for argument in "$@"; do case $argument in :*) echo "Forwarding from 127.0.0.1:${port} -> \${argument#:}" ;; esac; done
            trap 'echo ended >>${folder}/ended; exit 0' TERM
            while :; do sleep 0.1; done ;;
        esac`,
    });

  test('goes to one pod and to Prometheus by forwarded ports, and ends them with its own verdict', async () => {
    using folder = temporaryFolder();
    const port = await freePort();
    const { path, calls } = forwarding(folder.path, port);
    const env = {
      PATH: path,
      KUBECONFIG: 'none',
      STACK_DIR: join(folder.path, 'stack'),
      QUICK: '1',
      PROMETHEUS_SERVICE: 'monitoring/prometheus-operated',
    };
    const { code, output } = await run('ci/workflows/verify-cluster.ts', [], { env });
    expect(code).toBe(1);
    expect(output).toContain(`http://127.0.0.1:${port} does not answer`);
    expect(
      calls()
        .filter((call) => call.includes('port-forward'))
        .toSorted(),
    ).toEqual([
      'kubectl port-forward --address 127.0.0.1 --namespace monitoring service/prometheus-operated :9090',
      'kubectl port-forward --address 127.0.0.1 --namespace todo-api pod/todo-api-1 :3000 :9464',
    ]);
    expect(readFileSync(join(folder.path, 'ended'), 'utf8')).toBe('ended\nended\n');
  });

  test('says so when the Prometheus of the platform takes none of our objects', async () => {
    using folder = temporaryFolder();
    const { path, calls } = standIns(folder.path, {
      kubectl: `
        case "$2" in
          pod) echo pod/todo-api-1 ;;
          prometheuses*) echo '{"items": [{"metadata": {"name": "stock"}, "spec": {"ruleSelector": {"matchLabels": {"release": "stock"}}}}]}' ;;
          *) echo '{"items": [{"kind": "PrometheusRule", "metadata": {"name": "sightline"}}]}' ;;
        esac`,
    });
    const env = { PATH: path, KUBECONFIG: 'none', PROMETHEUS_SERVICE: 'monitoring/prometheus-operated' };
    const { code, output } = await run('ci/workflows/verify-cluster.ts', [], { env });
    expect(code).toBe(1);
    expect(output).toContain(
      'does not take the PrometheusRule sightline: its ruleSelector wants release=stock.',
    );
    expect(calls().filter((call) => call.includes('port-forward'))).toEqual([]);
  });

  test.each([
    ['no pod runs', 'exit 0', /No pod of the API runs in the namespace todo-api/],
    [
      'there is no cluster',
      'echo "connection refused" >&2; exit 1',
      /can't be asked for its pods: connection refused/,
    ],
    [
      'a port cannot be forwarded',
      '[ "$1" = get ] && echo pod/a || { echo "error: services not found" >&2; exit 1; }',
      /can't be reached by kubectl: error: services not found/,
    ],
  ])('says so when %s', async (_name, kubectl, sentence) => {
    using folder = temporaryFolder();
    const { path } = standIns(folder.path, { kubectl });
    const { code, output } = await run('ci/workflows/verify-cluster.ts', [], {
      env: { PATH: path, KUBECONFIG: 'none' },
    });
    expect(code).toBe(1);
    expect(output).toMatch(sentence);
  });
});
