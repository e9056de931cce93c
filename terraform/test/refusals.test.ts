import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { randomOf } from '@sightline/testkit/random.ts';
import { type Folder, readFolders } from '../hcl.ts';
import { type Run, terraform, terraformCopy, terraformFolder, whyNoTerraform } from '../terraform.ts';
import { passed, settingOf } from './values.ts';

const missing = whyNoTerraform();
const withTerraform = missing === undefined ? describe : describe.skip;
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;

const folders = readFolders(terraformFolder);
type Environment = 'staging' | 'production';

/** Undoes Terraform's wrapping of sentences: a bar at the beginning of each line. */
const unwrapped = (said: string) => said.replace(/\s+(?:│\s+)?/g, ' ');

const folderOf = (path: string) => folders.find((folder) => folder.path === path);

/**
 * The values that a module gets from an environment by its defaults, and from the module in between by its
 * own; as in HCL.
 */
function given(environment: Environment, module: string, { variables }: Folder): Record<string, string> {
  const root = folderOf(`environments/${environment}`);
  const valueGiven = (name: string) => {
    // An attribute of an object stands in the environment's call as an argument does.
    const input = passed(folderOf('modules/environment'), module, name)?.split('.').at(-1);
    const inModule = folderOf(`modules/${module}`)?.variables.find((variable) => variable.name === name);
    return (input && settingOf(root, input)) ?? inModule?.default;
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
  const folder = folderOf(`modules/${module}/${part}`);
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

/** A window of the table or of the machine, and what is said of it; undefined: it is taken. */
interface Window {
  readonly backup: string;
  readonly maintenance: string;
  readonly refusal?: RegExp | undefined;
}

/** Plans the settings once for each, in one run, and finds what was said of each. */
function refusalsOf(windows: readonly Window[]): readonly string[] {
  const values = given('production', 'database', databaseSettings);
  const one = ({ backup, maintenance }: Window, index: number) => {
    const all = { ...values, backup_window: `"${backup}"`, maintenance_window: `"${maintenance}"` };
    const body = Object.entries(all).map(([name, value]) => `  ${name} = ${value}\n`);
    return `module "w${index}" {\n  source = "./settings"\n${body.join('')}}\n`;
  };
  const place = mkdtempSync(join(tmpdir(), 'sightline-terraform-'));
  try {
    cpSync(join(terraformFolder, databaseSettings.path), join(place, 'settings'), { recursive: true });
    writeFileSync(join(place, 'main.tf'), windows.map(one).join(''));
    expect(terraform(place, 'init')).toMatchObject({ ok: true });
    // Each sentence names the windows that it is about.
    const said = unwrapped(terraform(place, 'plan').said);
    return said.split('Error: ').slice(1);
  } finally {
    rmSync(place, { recursive: true });
  }
}

const databaseSettings = folderOf('modules/database/settings') as Folder;
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayMinutes = 1440;
const weekMinutes = 7 * dayMinutes;

/** The straightforward way: every minute of the week that a window has. */
function minutesFrom(start: number, length: number): readonly number[] {
  return Array.from({ length }, (_, minute) => (start + minute) % weekMinutes);
}

const clock = (minute: number) =>
  [Math.floor((minute % dayMinutes) / 60), minute % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
const dayClock = (minute: number) => `${days[Math.floor(minute / dayMinutes) % 7]}:${clock(minute)}`;

/** Beginnings and lengths around what matters: midnight, the end of the week, half an hour, a day, one beside the other. */
function machineMade(random: () => number): Window {
  const near = (values: readonly number[]) =>
    (values[Math.floor(random() * values.length)] ?? 0) + Math.floor(random() * 5) - 2;
  const backupStart = (near([0, 120, 700, 1439]) + dayMinutes) % dayMinutes;
  const backupMinutes = Math.max(0, near([29, 30, 60, 60, 600, 1437]));
  const day = Math.floor(random() * 7) * dayMinutes;
  const maintenanceStart =
    (near([day, day + backupStart, day + backupStart + backupMinutes, weekMinutes - 30]) + weekMinutes) %
    weekMinutes;
  const maintenanceMinutes = Math.max(0, near([29, 30, 60, 60, dayMinutes - 60, dayMinutes, 3000]));
  const backup = `${clock(backupStart)}-${clock(backupStart + backupMinutes)}`;
  const maintenance = `${dayClock(maintenanceStart)}-${dayClock(maintenanceStart + maintenanceMinutes)}`;
  const backedUp = new Set(
    days.flatMap((_, index) => minutesFrom(index * dayMinutes + backupStart, backupMinutes)),
  );
  const overlaps = minutesFrom(maintenanceStart, maintenanceMinutes).some((minute) => backedUp.has(minute));
  const refusal =
    backupMinutes < 30
      ? /backup_window .* has \d+ minutes/
      : maintenanceMinutes < 30 || maintenanceMinutes >= dayMinutes
        ? /maintenance_window .* has \d+ minutes/
        : overlaps
          ? /overlaps backup_window/
          : undefined;
  return { backup, maintenance, refusal };
}

withTerraform(`windows of RDS${skipped}`, () => {
  const overlaps = /overlaps backup_window/;
  const length = /has \d+ minutes/;
  const table: readonly Window[] = [
    { backup: '02:00-03:00', maintenance: 'sun:03:00-sun:04:00' },
    { backup: '23:45-00:15', maintenance: 'sun:00:15-sun:00:45' },
    { backup: '02:00-03:00', maintenance: 'sun:23:45-mon:00:15' },
    { backup: '23:30-00:30', maintenance: 'mon:00:00-mon:01:00', refusal: overlaps },
    { backup: '00:10-00:40', maintenance: 'sun:23:45-mon:00:15', refusal: overlaps },
    { backup: '03:15-03:45', maintenance: 'tue:23:00-wed:04:00', refusal: overlaps },
    { backup: '03:35-04:05', maintenance: 'wed:03:00-wed:05:00', refusal: overlaps },
    { backup: '02:00-03:00', maintenance: 'fri:03:00-sat:03:00', refusal: length },
    { backup: '02:00-03:00', maintenance: 'mon:04:00-sun:01:00', refusal: length },
    { backup: '02:00-03:00', maintenance: 'mon:04:00-mon:04:29', refusal: length },
    { backup: '02:00-03:00', maintenance: 'mon:04:00-mon:04:00', refusal: length },
    { backup: '02:00-02:29', maintenance: 'mon:04:00-mon:05:00', refusal: length },
    { backup: '23:50-00:10', maintenance: 'mon:04:00-mon:05:00', refusal: length },
    { backup: '02:00-02:00', maintenance: 'mon:04:00-mon:05:00', refusal: length },
  ];
  const random = randomOf(22);
  const made = Array.from({ length: 120 }, () => machineMade(random));

  test('are taken and refused as by counting the minutes of the week', () => {
    expect(made.filter(({ refusal }) => refusal === undefined).length).toBeGreaterThan(10);
    const windows = [...table, ...made];
    const said = refusalsOf(windows);
    for (const { backup, maintenance, refusal } of windows) {
      const about = said.filter((sentence) =>
        [
          `backup_window ${backup} has`,
          `maintenance_window ${maintenance} has`,
          `maintenance_window ${maintenance} overlaps backup_window ${backup},`,
        ].some((beginning) => sentence.includes(beginning)),
      );
      const verdict = { backup, maintenance, refused: about.length > 0 };
      expect(verdict).toEqual({ backup, maintenance, refused: refusal !== undefined });
      if (refusal !== undefined) expect(about.some((sentence) => refusal.test(sentence))).toBe(true);
    }
  });

  test.each([
    ['backup_window', '2:00-3:00'],
    ['backup_window', '02:00-24:00'],
    ['backup_window', '02:00-03:60'],
    ['backup_window', '02:00 - 03:00'],
    ['backup_window', 'sun:02:00-sun:03:00'],
    ['maintenance_window', 'Sun:03:30-Sun:04:30'],
    ['maintenance_window', '03:30-04:30'],
    ['maintenance_window', 'sunday:03:30-sunday:04:30'],
    ['maintenance_window', 'sun:24:00-mon:01:00'],
    ['maintenance_window', ''],
  ])('%s "%s" is refused with a sentence that says how to write one', (name, value) => {
    const { ok, said } = plan('production', ...settings, { [name]: `"${value}"` });
    expect(said).toContain(`${name} is "${value}". Write two `);
    expect(ok).toBe(false);
  });
});

withTerraform(`what AWS refuses only at apply${skipped}`, () => {
  const fit: Readonly<Record<string, string>> = {
    name: '"todo"',
    production: 'true',
    vpc_id: '"vpc-1"',
    subnet_ids: '["subnet-1", "subnet-2"]',
    client_security_groups: '{}',
    log_exports: '[]',
    instance_class: '"db.m7g.large"',
  };

  /** The variables of the database alone: no resource, and so no provider. */
  function planVariables(changes: Readonly<Record<string, string>>): Run {
    const place = mkdtempSync(join(tmpdir(), 'sightline-terraform-'));
    try {
      cpSync(join(terraformFolder, 'modules/database/variables.tf'), join(place, 'variables.tf'));
      const values = Object.entries({ ...fit, ...changes }).map(([name, value]) => `${name} = ${value}\n`);
      writeFileSync(join(place, 'terraform.tfvars'), values.join(''));
      const { ok, said } = terraform(place, 'plan');
      return { ok, said: unwrapped(said) };
    } finally {
      rmSync(place, { recursive: true });
    }
  }

  test.each([
    ['a name of 49 characters', { name: `"${'a1'.repeat(24)}b"` }],
    ['a user of 16 characters', { master_username: `"${'a'.repeat(16)}"` }],
    ['a database of 63 characters', { database_name: `"${'a'.repeat(63)}"` }],
    ['no log of slow statements', { slow_statement_ms: '-1' }],
  ])('the plan takes %s', (_, changes) => {
    expect(planVariables(changes)).toMatchObject({ ok: true });
  });

  test.each([
    ['name', `"${'a1'.repeat(25)}"`, 'which has 50 characters. Take 49 at most'],
    ['name', '"todo--api"', 'RDS takes lower-case letters'],
    ['subnet_ids', '["subnet-1", "subnet-1"]', 'subnet_ids has 1 subnets.'],
    ['database_name', '"todo-api"', 'database_name is "todo-api". RDS takes 1 to 63'],
    ['database_name', '""', 'database_name is "". RDS takes 1 to 63'],
    ['master_username', '"1admin"', 'master_username is "1admin". RDS takes 1 to 16'],
    ['master_username', '"sightline_database_admin"', 'RDS takes 1 to 16 letters'],
    ['slow_statement_ms', '0.5', 'slow_statement_ms is 0.5. PostgreSQL takes whole'],
    ['slow_statement_ms', '-2', 'slow_statement_ms is -2. PostgreSQL takes whole'],
  ])('the plan refuses %s = %s', (name, value, sentence) => {
    const { ok, said } = planVariables({ [name]: value });
    expect(said).toContain(sentence);
    expect(ok).toBe(false);
  });

  test.each([
    ['allocated_storage_gib', '20.5', 'allocated_storage_gib is 20.5. A gp3 volume'],
    ['max_allocated_storage_gib', '100.5', 'max_allocated_storage_gib is 100.5. It has to be a whole number'],
  ])('the plan refuses %s = %s', (name, value, sentence) => {
    const { ok, said } = plan('staging', ...settings, { [name]: value });
    expect(said).toContain(sentence);
    expect(ok).toBe(false);
  });
});
