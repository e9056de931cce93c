import type { Mutation } from './mutations.ts';

/** A mutation that no series can show, and why that is no hole in the test. */
export interface Survivor {
  /** Title of the panel; of any when it is not given. */
  readonly panel?: string;
  readonly kind: Mutation['kind'];
  /** Part of what was changed. */
  readonly what: string;
  /** A pattern that the panel's query matches. */
  readonly inQuery?: RegExp;
  readonly because: string;
}

const divided =
  'Both sides of the operator have this label, and a series without its match on the other side is left out.';
const alone = 'Each group is one series, and of one series the least is the most is the sum.';

export const survivors: readonly Survivor[] = [
  {
    kind: 'threshold raised from 0',
    what: '> 0',
    because: 'It leaves out what there is none of: that it is 0, not 1, shows with next to no traffic only.',
  },
  {
    panel: 'Batch size p50',
    kind: 'threshold raised from 0',
    what: '>= 0',
    because: 'It leaves out what is no number. No batch has less than a line.',
  },
  {
    panel: 'Requests, errors and latency by route',
    kind: 'label dropped',
    what: 'route=~',
    inQuery: / \/ /,
    because: divided,
  },
  { panel: 'Disk free', kind: 'label dropped', what: '', because: divided },
  { panel: 'Releases', kind: 'label dropped', what: '{job=', because: divided },
  { panel: 'Memory utilization', kind: 'label dropped', what: '{job=', because: divided },
  { panel: 'File descriptor utilization', kind: 'label dropped', what: '{job=', because: divided },
  {
    panel: 'SLO overview',
    kind: 'label dropped',
    what: '{job=',
    inQuery: / \/ /,
    because: divided,
  },
  {
    kind: 'label dropped',
    what: 'job of (job, instance)',
    because:
      'One job is selected, so the instance tells its processes apart. Two jobs may share a host and port.',
  },
  { kind: 'aggregation changed', what: '', inQuery: /by \((job, )?instance\b/, because: alone },
  { panel: 'Releases', kind: 'aggregation changed', what: 'max', because: alone },
  { panel: 'Firing and pending alerts', kind: 'aggregation changed', what: 'max', because: alone },
  {
    panel: 'Alerts over time',
    kind: 'aggregation changed',
    what: 'max',
    because: 'ALERTS is 1 or not there, so the least of an alert is the most.',
  },
  {
    panel: 'Database up',
    kind: 'aggregation changed',
    what: 'min',
    because:
      'The selected instances reach the database, so that the others, which do not, show when they count. The panel of each instance is tried with the same series.',
  },
];
