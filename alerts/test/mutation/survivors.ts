import type { Mutation } from '../../mutations.ts';

/** A mutation that no unit test can notice, and why that is no hole in the tests. */
export interface Survivor {
  /** Beginning of the name of the alert or recording rule. */
  readonly rule: string;
  readonly kind: Mutation['kind'];
  /** Part of what was changed. */
  readonly what: string;
  readonly because: string;
}

export const survivors: readonly Survivor[] = [
  {
    rule: 'DiskFilling',
    kind: 'threshold raised from 0',
    what: 'predict_linear',
    because: 'A byte more or less that is free in a day is the same.',
  },
  {
    rule: 'slo:sli_events_good',
    kind: 'label dropped',
    what: 'job of (job)',
    because:
      'The selector takes one job, so `or on (job)` has one to match; with more serviceLabels it has several.',
  },
];
