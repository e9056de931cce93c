/** The modules against what is known of AWS (facts.yaml): the provider, which could say it, can't be had where this is tested. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Folder, readFolders } from '../hcl.ts';
import { terraformFolder } from '../terraform.ts';

const facts = parse(readFileSync(join(terraformFolder, 'facts.yaml'), 'utf8')) as {
  readonly metrics: Readonly<Record<string, number>>;
  readonly defaults: Readonly<Record<string, string>>;
  readonly only_when_made: readonly string[];
};
const readme = readFileSync(join(terraformFolder, 'README.md'), 'utf8');
const folders = readFolders(terraformFolder);
const textOf = (path: string) => folders.find((folder) => folder.path === path)?.text ?? '';
const resources = ({ text }: Pick<Folder, 'text'>, type: string) =>
  [...text.matchAll(new RegExp(`^resource "${type}" "[^"]+" \\{\\n(?:.*\\n)*?\\}$`, 'gm'))].map(
    ([block]) => block,
  );

/** Sentences about alarms that look more often than there is something to see. */
function impatientAlarms(alarms: string): readonly string[] {
  const every = new Map(
    [...alarms.matchAll(/"([^"]+)" = (\d+)/g)].map(([, name, seconds]) => [name, Number(seconds)]),
  );
  const found = [...alarms.matchAll(/metric = "([^"]+)".*minutes = (\d+)/g)];
  expect(found.length).toBeGreaterThan(5);
  return found.flatMap(([, metric = '', minutes]) => {
    const reported = facts.metrics[metric];
    const period = every.get(metric) ?? 60;
    if (reported === undefined) return [`${metric} is not in facts.yaml: how often is it reported?`];
    if (period < reported) return [`${metric} is looked at each ${period} s and reported each ${reported} s`];
    return (Number(minutes) * 60) % period === 0
      ? []
      : [`${metric}: ${minutes} minutes are no whole periods`];
  });
}

/** Sentences about parameters that each plan would change. */
function perpetualParameters(text: string): readonly string[] {
  const parameters = [...text.matchAll(/^ {2}parameter \{\n((?:.*\n)*?) {2}\}$/gm)].map(([, body = '']) => ({
    name: /name += "([^"]+)"/.exec(body)?.[1] ?? '',
    value: /value += "([^"]+)"/.exec(body)?.[1],
    isPending: body.includes('"pending-reboot"'),
  }));
  expect(parameters.length).toBeGreaterThan(5);
  return parameters.flatMap(({ name, value, isPending }) => {
    const usual = facts.defaults[name];
    if (usual === undefined) return [`${name} is not in facts.yaml: what is it by default?`];
    return value === usual && !isPending ? [`${name} is ${value} by default: each plan would change it`] : [];
  });
}

/** Sentences about what RDS ignores after an instance is made, and Terraform would try to change. */
const ignoredArguments = (text: string) =>
  resources({ text }, 'aws_db_instance').flatMap((block) =>
    facts.only_when_made.filter(
      (name) =>
        new RegExp(`^ {2}${name} +=`, 'm').test(block) &&
        !new RegExp(`ignore_changes = \\[.*\\b${name}\\b`).test(block),
    ),
  );

/** Sentences about resources that are made before the one that has their name is gone. */
const fixedNames = (all: readonly Pick<Folder, 'text'>[]) =>
  all
    .flatMap((folder) => resources(folder, '\\w+'))
    .filter((block) => block.includes('create_before_destroy = true') && /^ {2}name +=/m.test(block))
    .map((block) => block.split('\n')[0]);

const alarms = textOf('modules/observability');
const database = textOf('modules/database');

test('no alarm looks more often than its metric is reported', () => {
  expect(impatientAlarms(alarms)).toEqual([]);
  expect(impatientAlarms(alarms.replace('"EBSIOBalance%" = 300, ', ''))).toEqual([
    'EBSIOBalance% is looked at each 60 s and reported each 300 s',
  ]);
});

test('no parameter is one that each plan would change', () => {
  expect(perpetualParameters(database)).toEqual([]);
  const forced = database.replace(/("rds\.force_ssl"\n +value += "1"\n).*pending-reboot"\n/, '$1');
  expect(perpetualParameters(forced)).toEqual(['rds.force_ssl is 1 by default: each plan would change it']);
});

test('what RDS takes only when a database is made is not changed later, and is said at a restore', () => {
  expect(ignoredArguments(database)).toEqual([]);
  expect(ignoredArguments(database.replace(/ignore_changes = \[engine_.*/, ''))).toEqual(
    facts.only_when_made,
  );
  const restore = /aws rds restore-db-instance-to-point-in-time(?:.*\\\n)*.*/.exec(readme)?.[0] ?? '';
  for (const name of facts.only_when_made) {
    const value = new RegExp(`^ {2}${name} += "(.*)"`, 'm').exec(database)?.[1];
    expect(restore).toContain(`--${name.replaceAll('_', '-')} ${value}`);
  }
});

test('what is made before it is destroyed has no fixed name', () => {
  expect(fixedNames(folders)).toEqual([]);
  expect(fixedNames([{ text: database.replace('name_prefix =', 'name        =') }])).toEqual([
    'resource "aws_db_parameter_group" "this" {',
  ]);
});
