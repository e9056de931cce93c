import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { tool } from '@sightline/tools/tools.ts';
import { parseAllDocuments } from 'yaml';
import { dashboards, panelsOf } from '../dashboards.ts';

const run = promisify(execFile);
const folder = resolve(import.meta.dirname, '..');
const root = resolve(folder, '..');
const own = 'lib/grafonnet/own';
// What leads to grafonnet can be checked where grafonnet is.
const sources = globSync('**/*.libsonnet', { cwd: folder })
  .filter((file) => !file.includes('upstream') && !file.startsWith('vendor'))
  .sort();

test.each(sources)(
  '%s is formatted as jsonnetfmt does, and jsonnet-lint finds nothing in it',
  async (file) => {
    await run(await tool('jsonnetfmt'), ['--test', file], { cwd: folder });
    await run(await tool('jsonnet-lint'), ['--jpath', own, file], { cwd: folder });
  },
);

test.each([
  [
    "{ parts: ['core', 'logz'] }",
    'must provide parts out of ["core","prometheus","blackbox","node","logs","elasticsearch","backup","kubernetes","postgres-exporter","redis","load-test"]; got ["logz"]',
  ],
  [
    "{ kibana+: { url: '127.0.0.1:5601' } }",
    'must provide kibana.url as an address without a slash at its end; got "127.0.0.1:5601"',
  ],
  [
    "{ runbookBaseUrl: 'http://127.0.0.1:3001/' }",
    'must provide runbookBaseUrl as an address without a slash at its end; got "http://127.0.0.1:3001/"',
  ],
  ["{ recordingRules: 'no' }", 'must provide recordingRules as true or false; got "no"'],
  ['{ budgetLow: 25 }', 'must provide budgetLow between 0 and 1, neither included; got 25'],
])('the configuration %s stops the build with a sentence', async (config, sentence) => {
  await expect(dashboards(config)).rejects.toThrow(sentence);
});

test('panels about parts that are not deployed are left out', async () => {
  const sizes = async (config: string) =>
    Object.fromEntries(
      Object.entries(await dashboards(config)).map(([file, dashboard]) => [file, panelsOf(dashboard).length]),
    );
  const [all, core] = [await sizes('{}'), await sizes("{ parts: ['core'] }")];
  expect(Object.keys(core)).not.toContain('load-test.json');
  expect(core).toMatchObject({ 'golden-signals.json': 17, 'log-pipeline.json': 3 });
  for (const file of ['api', 'postgresql', 'log-pipeline', 'alerts'])
    expect(core[`${file}.json`]).toBeLessThan(all[`${file}.json`] ?? 0);
});

test('an objective of the place moves the lines that panels draw', async () => {
  const made = await dashboards('{ slos+: { availability+: { objective: 0.995 } } }');
  const golden = made['golden-signals.json'];
  const panel = golden && panelsOf(golden).find(({ title }) => title === 'Availability');
  expect(panel?.fieldConfig.defaults.thresholds.steps.map(({ value }) => value)).toEqual([null, 0.995]);
});

const kubectl = await run('kubectl', ['version', '--client']).then(
  () => test,
  () => test.skip,
);
kubectl(
  `kustomize makes a ConfigMap of each dashboard that Grafana's sidecar finds${kubectl === test ? '' : ' (skipped: there is no kubectl)'}`,
  async () => {
    const { stdout } = await run('kubectl', ['kustomize', 'monitoring/grafana'], {
      cwd: root,
      maxBuffer: 16 * 1024 * 1024,
    });
    const maps = parseAllDocuments(stdout).map((document) => document.toJS());
    const labelled = (label: string) => maps.filter(({ metadata }) => metadata.labels[label] === '1');
    const files = Object.keys(await dashboards());
    expect(maps.every(({ kind }) => kind === 'ConfigMap')).toBe(true);
    expect(labelled('grafana_datasource').map(({ data }) => Object.keys(data))).toEqual([
      ['datasources.yaml'],
    ]);
    expect(
      labelled('grafana_dashboard')
        .flatMap(({ data }) => Object.keys(data))
        .sort(),
    ).toEqual(files.toSorted());
    for (const { data } of labelled('grafana_dashboard'))
      for (const [file, text] of Object.entries(data))
        expect(text).toBe(await readFile(join(folder, 'generated', file), 'utf8'));
  },
);

test('the comparison with grafonnet passes over versions and finds everything else', async () => {
  const vendor = await mkdtemp(join(tmpdir(), 'sightline-grafonnet-'));
  const grafonnet = join(vendor, 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0');
  const compareWith = async (changes: string) => {
    await mkdir(grafonnet, { recursive: true });
    await writeFile(
      join(grafonnet, 'main.libsonnet'),
      `(import '${join(folder, own, 'g.libsonnet')}') + ${changes}`,
    );
    return run(process.execPath, [join(folder, 'compare-grafonnet.ts'), vendor], { cwd: root }).then(
      ({ stdout }) => stdout,
      ({ stderr }: { stderr: string }) => stderr,
    );
  };
  try {
    const stat = (what: string) => `{ panel+: { stat+: { new(title):: super.new(title) + ${what} } } }`;
    expect(await compareWith(stat("{ pluginVersion: 'v11.4.0' }"))).toBe(
      '8 dashboards are the same with grafonnet.\n',
    );
    expect(await compareWith(stat('{ transparent: true }'))).toMatch(
      /^alerts\.panels\.\d+\.transparent: undefined, of grafonnet true$/m,
    );
  } finally {
    await rm(vendor, { recursive: true, force: true });
  }
});
