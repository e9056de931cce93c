import type { Variables } from '@sightline/testkit/grafana/interpolate.ts';
import type { TimeRange } from '@sightline/testkit/grafana/time.ts';
import type { Panel } from '../model/panel.ts';
import type { Answer } from '../model/panel-data.ts';

/** The properties from which a panel of any kind is drawn. */
export interface DrawProps {
  readonly panel: Panel;
  readonly answers: readonly Answer[];
  readonly range: TimeRange;
  readonly variables: Variables;
  /** Moments to mark, in milliseconds since 1970. */
  readonly marks: readonly { readonly at: number; readonly name: string }[];
}
