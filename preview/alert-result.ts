/** The course of an alert: seconds since the fault, null when it did not come to that. */
export interface AlertResult {
  readonly name: string;
  readonly ok: boolean;
  /** ISO 8601. */
  readonly faultAt: string;
  readonly pendingSeconds: number | null;
  readonly firingSeconds: number | null;
  readonly notifiedSeconds: number | null;
  readonly recoveredSeconds: number | null;
  readonly resolvedSeconds: number | null;
  /** Sentences for what was not as it should be. */
  readonly problems: readonly string[];
}
