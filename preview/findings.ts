/** The findings of a report about a stack; its page reads it in a browser. */

export interface CheckFinding {
  readonly id: string;
  readonly group: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** How often the same was counted; null where it can't be counted. */
export interface Reconciliation {
  /** `GET /v1/todos 200`. */
  readonly what: string;
  readonly k6: number;
  readonly metrics: number;
  readonly logs: number | null;
  readonly ok: boolean;
}

export interface PanelFinding {
  readonly dashboard: string;
  readonly panel: string;
  readonly refId: string;
  readonly expr: string;
  readonly ok: boolean;
  /** Series with a finite value. */
  readonly series: number;
}
