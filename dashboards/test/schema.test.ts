import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { whyMissing } from '@sightline/tools/tools.ts';
import { type Dashboard, dashboards } from '../dashboards.ts';

const root = resolve(import.meta.dirname, '../..');
const missing = whyMissing('jsonnet');
const withJsonnet = missing === undefined ? test : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

/** Types of @grafana/schema, as far as they say what our dashboards are; the options by the kind of panel. */
const prelude = `
import type { AnnotationQuery, Dashboard, FieldConfigSource, Panel, RowPanel } from '@grafana/schema';
import type * as barGauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as states from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** A type as JSON writes it: a member of an enum is its value. */
type Json<T> = unknown extends T ? unknown
  : T extends string ? \`\${T}\`
  : T extends number ? (\`\${T}\` extends \`\${infer N extends number}\` ? N : never)
  : T extends boolean | null | undefined ? T
  : T extends readonly (infer U)[] ? readonly Json<U>[]
  : T extends object ? { readonly [K in keyof T]: Json<T[K]> }
  : T;

interface Query {
  readonly refId: string; readonly expr: string; readonly legendFormat: string; readonly instant: boolean;
  readonly range: boolean; readonly format?: 'table' | 'heatmap'; readonly exemplar?: boolean;
  readonly datasource: { readonly type: 'prometheus'; readonly uid: string };
}
type Of<Type extends string, Options, Custom> = Omit<Json<Panel>, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  readonly type: Type; readonly options: Json<Options>; readonly fieldConfig: Json<FieldConfigSource<Custom>>;
  readonly targets: readonly Query[];
};
type AnyPanel =
  | Of<'bargauge', barGauge.Options, object>
  | Of<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | Of<'stat', stat.Options, object>
  | Of<'state-timeline', states.Options, states.FieldConfig>
  | Of<'table', table.Options, Partial<table.FieldConfig>>
  | Of<'timeseries', timeSeries.Options, timeSeries.FieldConfig>;
/** The type of Prometheus's annotations, which have more members than others. */
type Annotation = Omit<Json<AnnotationQuery>, 'target'> & {
  readonly target?: Pick<Query, 'refId' | 'expr'>;
   readonly titleFormat?: string; readonly textFormat?: string; readonly tagKeys?: string; readonly useValueForTime?: boolean;
};
type AnyDashboard = Omit<Json<Dashboard>, 'panels' | 'annotations'> & {
  readonly panels: readonly (AnyPanel | Json<RowPanel>)[]; readonly annotations: { readonly list: readonly Annotation[] };
};
`;

const configuration = {
  extends: resolve(root, 'tsconfig.json'),
  // One file, so that what it says is about dashboards.
  include: ['*.ts'],
  compilerOptions: { types: [], paths: {} },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-schema-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Returns what the compiler says of dashboards as values of the types. */
async function complaints(all: readonly Dashboard[]): Promise<string> {
  const values = all.map(
    (dashboard, index) => `export const of${index}: AnyDashboard = ${JSON.stringify(dashboard, null, 1)};`,
  );
  await writeFile(join(folder, 'dashboards.ts'), [prelude, ...values].join('\n'));
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder],
      { timeout: 120_000, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => done(error === null ? '' : `${stdout}${stderr}`),
    );
  });
}

withJsonnet(`every dashboard is what the types of Grafana say${because}`, async () => {
  expect(await complaints(Object.values(await dashboards()))).toBe('');
});

withJsonnet(`a misspelt option, a wrong value and an unknown kind of panel are not${because}`, async () => {
  const [first] = Object.values(await dashboards());
  const wrong = (change: (panel: Record<string, unknown>) => void) => {
    const copy = structuredClone(first) as unknown as { panels: Record<string, unknown>[] };
    const panel = copy.panels.find(({ type }) => type === 'stat');
    change(panel ?? {});
    return copy as unknown as Dashboard;
  };
  const said = await complaints([
    wrong((panel) => Object.assign(panel, { type: 'stats' })),
    wrong((panel) => Object.assign(panel['options'] as object, { colourMode: 'value' })),
    wrong((panel) => Object.assign(panel['options'] as object, { colorMode: 'red' })),
  ]);
  expect(said).toContain('stats');
  expect(said).toContain('colourMode');
  expect(said).toMatch(/"red"/);
});
