import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Folder, readFolders } from '../hcl.ts';
import { type Run, terraform, terraformCopy, terraformFolder, whyNoTerraform } from '../terraform.ts';

const missing = whyNoTerraform();
const withTerraform = missing === undefined ? describe : describe.skip;
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;

const folders = readFolders(terraformFolder);
type Environment = 'staging' | 'production';

/** As Terraform wraps its sentences: a bar at the beginning of each line. */
const unwrapped = (said: string) => said.replace(/\s+(?:│\s+)?/g, ' ');

/** What a module gets from an environment by its defaults, and from the module in between by its own; as in HCL. */
function given(environment: Environment, module: string, { variables }: Folder): Record<string, string> {
  const root = folders.find(({ path }) => path === `environments/${environment}`);
  const middle = folders.find(({ path }) => path === `modules/${module}`);
  const call = root?.calls.find(({ source }) => source === `modules/${module}`);
  const valueGiven = (name: string) => {
    const passed = new RegExp(`^ +${name} += (.*)$`, 'm').exec(call?.text ?? '')?.[1];
    const input = passed?.startsWith('var.') ? passed.slice('var.'.length) : undefined;
    const inRoot = root?.variables.find((variable) => variable.name === input)?.default;
    const inModule = middle?.variables.find((variable) => variable.name === name)?.default;
    return inRoot ?? passed ?? inModule;
  };
  return Object.fromEntries(
    variables.flatMap(({ name }) => {
      const value = valueGiven(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Plans the part of a module that needs no provider, with what an environment gives it but for `changes`. */
function plan(
  environment: Environment,
  module: string,
  part: string,
  changes: Readonly<Record<string, string>>,
): Run {
  const folder = folders.find(({ path }) => path === `modules/${module}/${part}`);
  if (folder === undefined) throw new Error(`There is no modules/${module}/${part}.`);
  using copy = terraformCopy();
  const place = join(copy.folder, folder.path);
  const values = Object.entries({ ...given(environment, module, folder), ...changes });
  writeFileSync(
    join(place, 'terraform.tfvars'),
    values.map(([name, value]) => `${name} = ${value}\n`).join(''),
  );
  const { ok, said } = terraform(place, 'plan');
  return { ok, said: unwrapped(said) };
}

const settings = ['database', 'settings'] as const;
const addresses = ['network', 'addresses'] as const;

withTerraform(`an environment${skipped}`, () => {
  test.each([
    ['staging', ...settings],
    ['production', ...settings],
    ['staging', ...addresses],
    ['production', ...addresses],
  ] as const)('%s has fit defaults for %s', (environment, module, part) => {
    expect(plan(environment, module, part, {})).toMatchObject({ ok: true });
  });

  test.each([
    [
      'one zone for the database',
      settings,
      'multi_az',
      'false',
      'multi_az is false in production: an outage',
    ],
    [
      'no protection',
      settings,
      'deletion_protection',
      'false',
      'deletion_protection is false in production: one',
    ],
    [
      'no backups',
      settings,
      'backup_retention_days',
      '0',
      'backup_retention_days is 0. RDS keeps 1 to 35 whole days',
    ],
    [
      'backups of six days',
      settings,
      'backup_retention_days',
      '6',
      'backup_retention_days is 6 in production. Damage',
    ],
    [
      'no last snapshot',
      settings,
      'skip_final_snapshot',
      'true',
      'skip_final_snapshot is true in production: what',
    ],
    [
      'a bad network',
      addresses,
      'cidr',
      '"10.300.0.0/16"',
      'cidr is "10.300.0.0/16", which is no IPv4 network.',
    ],
    [
      "staging's network",
      addresses,
      'cidr',
      '"10.1.0.0/16"',
      'cidr 10.1.0.0/16 overlaps one of reserved_cidrs',
    ],
    [
      'one zone',
      addresses,
      'availability_zones',
      '["eu-central-1a"]',
      'availability_zones has 1 zones. With one, its',
    ],
  ] as const)('production refuses %s with a sentence', (_, [module, part], name, value, sentence) => {
    const { ok, said } = plan('production', module, part, { [name]: value });
    expect(said).toContain(sentence);
    expect(ok).toBe(false);
  });

  test('staging may be in one zone, unprotected, and restorable for a day', () => {
    const small = { multi_az: 'false', deletion_protection: 'false', backup_retention_days: '1' };
    expect(plan('staging', ...settings, small)).toMatchObject({ ok: true });
  });
});
