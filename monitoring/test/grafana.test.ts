import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { dashboards } from '@sightline/dashboards/dashboards.ts';
import { whyMissing } from '@sightline/tools/tools.ts';
import { parse } from 'yaml';
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

test("a link to a trace is an address of Jaeger's page, with just its host from the environment", () => {
  const { datasources } = read('generated/compose/datasources.yaml');
  const [prometheus] = datasources;
  const logs = datasources.find(({ uid }: { uid: string }) => uid === 'logs');
  const links = [...prometheus.jsonData.exemplarTraceIdDestinations, ...logs.jsonData.dataLinks];
  // A link to a data source opens Explore with a kind of query that Jaeger's answers with nothing.
  expect(JSON.stringify(links)).not.toContain('datasourceUid');
  const traces = links.filter(({ urlDisplayLabel }) => urlDisplayLabel === 'Trace');
  expect(traces.length).toBe(2);
  for (const { url } of traces) expect(url).toMatch(/^\$\{JAEGER_URL\}\/trace\/\$\$\{__value\.raw\}$/);
  const compose = parse(readFileSync(resolve(folder, '../../stack/compose.yaml'), 'utf8'));
  expect(compose.services.grafana.environment.JAEGER_URL).toContain('127.0.0.1:$'.concat('{JAEGER_PORT'));
  const saved = readFileSync(resolve(folder, '../../logging/kibana/saved-objects.ndjson'), 'utf8');
  expect(saved).toContain('/trace/{{value}}');
  expect(saved).not.toMatch(/explore|traceql/);
});

test('a data source has no secret in its file, but the path of one', () => {
  const { datasources } = read('generated/compose/datasources.yaml');
  const secrets = datasources.flatMap(({ secureJsonData = {} }: { secureJsonData?: object }) =>
    Object.values(secureJsonData),
  );
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets) expect(secret).toMatch(/^\$__file\{\/run\/secrets\/[a-z-]+\}$/);
});

withJsonnet(
  `every data source that a dashboard names is provisioned, or its own variable${because}`,
  async () => {
    const { datasources } = read('generated/compose/datasources.yaml');
    const uids = new Set([
      // The variable of the dashboards.
      '$'.concat('{datasource}'),
      '-- Grafana --',
      ...datasources.map(({ uid }: { uid: string }) => uid),
    ]);
    const named = Object.entries(await dashboards()).flatMap(([file, dashboard]) =>
      [...JSON.stringify(dashboard).matchAll(/"datasource":\{[^}]*"uid":"([^"]+)"/g)].map(
        ([, uid = '']) => [file, uid] as const,
      ),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(([, uid]) => !uids.has(uid))).toEqual([]);
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
