/** Dashboards as Grafana reads them: of its types, the part that ours have, with nothing left open. */
import { evaluate } from '@sightline/alerts/jsonnet.ts';

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant: boolean;
  readonly range: boolean;
  readonly format?: 'table' | 'heatmap';
  readonly exemplar?: boolean;
  readonly datasource: { readonly type: string; readonly uid: string };
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

export interface Step {
  readonly color: string;
  readonly value: number | null;
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface GridPos {
  readonly h: number;
  readonly w: number;
  readonly x: number;
  readonly y: number;
}

export interface Row {
  readonly type: 'row';
  readonly id: number;
  readonly title: string;
  readonly gridPos: GridPos;
}

export interface Panel {
  readonly type: 'timeseries' | 'stat' | 'bargauge' | 'heatmap' | 'state-timeline' | 'table';
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: GridPos;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly targets: readonly Target[];
  readonly links: readonly Link[];
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit: string;
      readonly noValue: string;
      readonly links: readonly Link[];
      readonly thresholds: { readonly steps: readonly Step[] };
      /** The style of a graph. */
      readonly custom?: { readonly lineWidth?: number; readonly stacking?: { readonly mode: string } };
    };
    readonly overrides: readonly Override[];
  };
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Variable {
  readonly name: string;
  readonly type: 'datasource' | 'query';
  readonly query: string | { readonly query: string };
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue?: string;
  readonly datasource?: { readonly uid: string };
}

export interface Annotation {
  readonly name: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly target?: { readonly expr: string };
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly (Panel | Row)[];
  readonly links: readonly { readonly tags: readonly string[] }[];
  readonly tags: readonly string[];
  /** The time range that the dashboard opens with. */
  readonly time: { readonly from: string; readonly to: string };
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
}

/** The panels that show something, without the headings between them. */
export const panelsOf = ({ panels }: Dashboard): readonly Panel[] =>
  panels.filter((panel): panel is Panel => panel.type !== 'row');

/** Where `g.libsonnet` is: the functions of our own, or what leads to grafonnet's. */
const ownLibrary = ['dashboards/lib/grafonnet/own'];

/**
 * The dashboards by file name, `golden-signals.json` and so on.
 * @param config jsonnet of what to override in `_config`
 * @param libraries folders, from the root, in which `g.libsonnet` and what it imports are looked for
 * @throws JsonnetError when the configuration is wrong
 */
export async function dashboards(
  config = '{}',
  libraries: readonly string[] = ownLibrary,
): Promise<Readonly<Record<string, Dashboard>>> {
  const made = await evaluate(
    `((import 'dashboards/mixin.libsonnet') { _config+:: ${config} }).grafanaDashboards`,
    libraries,
  );
  return made as Record<string, Dashboard>;
}
