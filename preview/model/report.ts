/** The content of a report: the keys of `report.json`, and what was recorded of the dashboards. */
import type { BenchResults } from '@sightline/loadtest/bench/results.ts';
import type { AlertResult } from '../alert-result.ts';
import type { CheckFinding, PanelFinding, Reconciliation } from '../findings.ts';
import type { Recording } from './recording.ts';
import type { TestRun } from './test-run.ts';

export interface Report {
  readonly run: { readonly startedAt: string | null; readonly endedAt: string | null };
  readonly checks: readonly CheckFinding[];
  readonly reconciliation: readonly Reconciliation[];
  readonly panels: readonly PanelFinding[];
  readonly alerts: readonly AlertResult[];
  /** Results of `make bench`; undefined before its first run. */
  readonly bench?: BenchResults;
  /** Times of the last `make test`; undefined before its first end. */
  readonly testRun?: TestRun;
}

/** The dashboards' files as they were, and what Prometheus answered to them. */
export interface RecordedDashboards {
  readonly files: readonly { readonly uid: string; readonly title: string }[];
  readonly recording: Recording;
}

/** All that is written into the page. */
export interface ReportData {
  readonly report: Report;
  /** Undefined when no run has recorded any, as `make drill` alone. */
  readonly dashboards: RecordedDashboards | undefined;
  /** ISO 8601. */
  readonly writtenAt: string;
}
