/** Exceptions to rules.ts, each with its reason. */
export interface Excuse {
  /** Name of the rule. */
  readonly rule: string;
  readonly dashboard: string;
  readonly panel: string;
  readonly because: string;
}

export const excuses: readonly Excuse[] = ['Firing pages', 'Firing tickets'].map((panel) => ({
  rule: 'somewhere to go from what turns red',
  dashboard: 'alerts',
  panel,
  because: 'The table beside it leads from each alert to its runbook.',
}));
