import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { dashboards } from '../../dashboards/dashboards.ts';
import { whyMissing } from '../../tools/tools.ts';
import { grafanaEnvironments } from '../grafana/provisioning.ts';
import { scrapeIntervalSeconds } from '../prometheus/jobs.ts';

const folder = resolve(import.meta.dirname, '../grafana');
const read = (file: string) => parse(readFileSync(resolve(folder, file), 'utf8'));
const missing = whyMissing('jsonnet');
const withJsonnet = missing === undefined ? test : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

test.each(grafanaEnvironments)(
  "Grafana's shortest interval for %s is the one between two scrapes",
  (environment) => {
    const [source] = read(`generated/${environment}/datasources.yaml`).datasources;
    expect(source.jsonData.timeInterval).toBe(`${scrapeIntervalSeconds[environment]}s`);
  },
);

test.each(grafanaEnvironments)(
  'an exemplar leads to the log lines of its trace by an address, with the variables left to Grafana for %s',
  (environment) => {
    const [source] = read(`generated/${environment}/datasources.yaml`).datasources;
    const [destination] = source.jsonData.exemplarTraceIdDestinations;
    expect(Object.keys(destination).sort()).toEqual(['name', 'url', 'urlDisplayLabel']);
    // The name that the service gives its exemplars' label.
    expect(destination.name).toBe('trace_id');
    expect(destination.url).toContain('trace.id:%22$${__value.raw}%22');
    // A single one would be read from Grafana's environment, where it is not.
    expect(destination.url.replaceAll('$$', '')).not.toContain('$');
  },
);

withJsonnet(`the dashboards offer the data source that is provisioned first${because}`, async () => {
  const [source] = read('generated/compose/datasources.yaml').datasources;
  for (const { templating } of Object.values(await dashboards()))
    expect(templating.list[0]).toMatchObject({
      name: 'datasource',
      current: { text: source.name, value: source.uid },
    });
});

test('dashboards are code: Grafana takes them from their folder, and no change in the browser', () => {
  const { providers } = read('dashboards.yaml');
  expect(providers).toMatchObject([
    { type: 'file', allowUiUpdates: false, options: { path: '/var/lib/grafana/dashboards' } },
  ]);
});
