import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import { parse, parseAllDocuments } from 'yaml';
import { readFolders } from '../hcl.ts';
import { terraform, terraformCopy, terraformFolder, whyNoTerraform } from '../terraform.ts';
import { settingOf } from './values.ts';

const checkout = resolve(import.meta.dirname, '../..');
const recorded = join(import.meta.dirname, 'fixtures/outputs.json');

let copy = '';
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'sightline-overlays-'));
  for (const folder of ['kubernetes', 'alerts', 'dashboards', 'monitoring'])
    cpSync(join(checkout, folder), join(copy, folder), { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

const pathOf = (file: string) => join(copy, 'kubernetes/overlays', file);
const read = (file: string) => readFileSync(pathOf(file), 'utf8');

function overlayInputs(...args: readonly string[]) {
  const program = join(checkout, 'terraform/overlay-inputs.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, KUBERNETES_FOLDER: join(copy, 'kubernetes') },
  });
  return { status, stdout, stderr };
}

/** Outputs of an environment, with others in place of `overlay_inputs`. */
function outputsWith(value: unknown): string {
  const file = join(copy, 'outputs.json');
  writeFileSync(file, JSON.stringify({ overlay_inputs: { value } }));
  return file;
}

test('the network of the database gets into the overlay, and nothing else changes', () => {
  const before = read('staging/database-network.yaml');
  expect(overlayInputs('staging', recorded)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('database-network.yaml'),
  });
  expect(read('staging/database-network.yaml')).toBe(before.replace('10.1.48.0/20', '10.9.48.0/20'));
  expect(read('production/database-network.yaml')).toContain('10.2.48.0/20');
});

test('the second time there is nothing to write', () => {
  overlayInputs('staging', recorded);
  expect(overlayInputs('staging', recorded).stdout).toBe(
    'The overlay staging has these addresses already.\n',
  );
});

const missing = whyNoKubectl();
const withKubectl = missing === undefined ? describe : describe.skip;

withKubectl(`behind an AWS load balancer${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  beforeEach(() => {
    const file = 'production/kustomization.yaml';
    const before = read(file);
    writeFileSync(
      pathOf(file),
      before.replace('../../components/gateway', '../../components/aws-load-balancer'),
    );
    expect(read(file)).not.toBe(before);
  });

  test('the pods admit the public subnets of the environment, and no others', () => {
    expect(overlayInputs('production', recorded)).toMatchObject({ status: 0 });
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', pathOf('production')], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const policies = parseAllDocuments(stdout).map((document) => document.toJS());
    const from = policies.find(({ metadata }) => metadata.name === 'todo-api-from-load-balancer');
    expect(from.spec.ingress).toEqual([
      { from: [{ ipBlock: { cidr: '10.9.0.0/20' } }], ports: [{ protocol: 'TCP', port: 'http' }] },
    ]);
    expect(from.spec.podSelector.matchLabels).toMatchObject({ 'app.kubernetes.io/component': 'api' });
    const to = policies.find(({ metadata }) => metadata.name === 'todo-api-to-rds');
    expect(to.spec.egress[0].to).toEqual([{ ipBlock: { cidr: '10.9.48.0/20' } }]);
  });

  test('the overlay keeps its comments, and names the patch once', () => {
    overlayInputs('production', recorded);
    overlayInputs('production', outputsWith({ database_cidr: '10.8.48.0/20', public_cidr: '10.8.0.0/20' }));
    const text = read('production/kustomization.yaml');
    expect(text).toContain('# Three pods at least');
    expect(parse(text).patches).toEqual([{ path: 'load-balancer-network.yaml' }]);
    expect(read('production/load-balancer-network.yaml')).toContain('10.8.0.0/20');
  });
});

describe('wrong input gets a sentence, and nothing is written:', () => {
  test.each([
    [
      'no environment',
      () => [],
      '"" is no environment. Say make overlay-inputs ENVIRONMENT=staging or production.',
    ],
    ['an unknown environment', () => ['local', recorded], '"local" is no environment.'],
    [
      'outputs that are no JSON',
      () => ['staging', join(copy, 'kubernetes/README.md')],
      'The outputs are no JSON.',
    ],
    [
      'an environment without outputs',
      () => ['staging', outputsWith(undefined)],
      'There is no output overlay_inputs.',
    ],
    [
      'an output that is missing',
      () => ['staging', outputsWith({ database_cidr: '10.9.48.0/20' })],
      'The output overlay_inputs.public_cidr is undefined, which is no IPv4 network.',
    ],
    [
      'an output that is no network',
      () => ['staging', outputsWith({ database_cidr: '10.9.480.0/20', public_cidr: '10.9.0.0/20' })],
      'The output overlay_inputs.database_cidr is "10.9.480.0/20", which is no IPv4 network.',
    ],
  ])('%s', (_, args, sentence) => {
    const before = read('staging/database-network.yaml');
    expect(overlayInputs(...args())).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(sentence),
    });
    expect(read('staging/database-network.yaml')).toBe(before);
  });
});

const noTerraform = whyNoTerraform();
const withTerraform = noTerraform === undefined ? describe : describe.skip;

withTerraform(
  `what an environment computes${noTerraform === undefined ? '' : ` (skipped: ${noTerraform})`}`,
  () => {
    test.each(['staging', 'production'])('is what the overlay %s has', (environment) => {
      const folder = readFolders(terraformFolder).find(({ path }) => path === `environments/${environment}`);
      using files = terraformCopy();
      const addresses = join(files.folder, 'modules/network/addresses');
      writeFileSync(
        join(addresses, 'terraform.tfvars'),
        ['cidr', 'availability_zones', 'reserved_cidrs']
          .map((name) => `${name} = ${settingOf(folder, name)}\n`)
          .join(''),
      );
      expect(terraform(addresses, 'init')).toMatchObject({ ok: true });
      expect(terraform(addresses, 'apply', '-auto-approve')).toMatchObject({ ok: true });
      const { said } = terraform(addresses, 'output', '-json', 'tiers');
      // A warning about the machine's own settings may come after it.
      const { database } = JSON.parse(said.slice(0, said.indexOf('}') + 1)) as { database: string };
      expect(parse(read(`${environment}/database-network.yaml`)).spec.egress[0].to).toEqual([
        { ipBlock: { cidr: database } },
      ]);
    });
  },
);
