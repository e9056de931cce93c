/** Times that lie in the future: none counts as fresh, whatever looks at its age. */
import { clockToleranceSeconds } from '@sightline/contract/clock.ts';
import { type AlertCase, api, type Firing, gaugeEvery, type Series, series, shipper } from './case.ts';

const day = 86_400;
const every = 10;
/** Minutes: longer than any of the alerts waits. */
const [wrong, right] = [60, 60];

interface Aged {
  readonly alert: string;
  /** The series by its values. */
  readonly series: (values: string) => Series;
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly subject: string;
  readonly dashboard: string;
  readonly anyJob?: true;
}

const place = { job: 'node', instance: 'node-1:9100' } as const;

const aged: readonly Aged[] = [
  {
    alert: 'BackupStale',
    series: (values) => series('backup_last_success_timestamp_seconds', place, values),
    summary: 'The last backup is old.',
    subject: 'The last backup',
    dashboard: 'postgresql',
    anyJob: true,
  },
  {
    alert: 'RestoreDrillStale',
    series: (values) => series('restore_drill_last_success_timestamp_seconds', place, values),
    summary: 'The last restore drill is old.',
    subject: 'The last restore drill',
    dashboard: 'postgresql',
    anyJob: true,
  },
  {
    alert: 'MaintenanceStale',
    series: (values) => series('maintenance_last_success_timestamp_seconds', api, values),
    labels: { job: api.job },
    summary: 'Background jobs of todo-api do not succeed.',
    subject: 'What todo-api did last in the background',
    dashboard: 'postgresql',
  },
  {
    alert: 'LogPipelineStalled',
    series: (values) => series('log_shipper_last_success_timestamp_seconds', shipper, values),
    labels: shipper,
    summary: 'Log lines no longer reach Elasticsearch.',
    subject: `What Elasticsearch took last from ${shipper.instance}`,
    dashboard: 'log-pipeline',
  },
];

/** The time by a clock that is a year ahead, and then is put right. */
const values = `${gaugeEvery(every, [[wrong, 366 * day]])} ${wrong * 60}+${every * 60}x${right / every}`;
/** The time by a clock that is ahead by no more than two clocks may differ. */
const tolerated = `${clockToleranceSeconds}+${every * 60}x${(wrong + right) / every}`;

const firing = ({ labels = {}, summary, subject, dashboard }: Aged): Firing => ({
  labels: { ...labels, severity: 'ticket', kind: 'cause' },
  summary,
  // Ten minutes later.
  description: `${subject} is dated in the future (its age is -365d 23h 50m 0s): a clock is wrong, so it does not count.`,
  dashboard,
});

/** Alerts on `time() - …`: each fires for a time that lies in the future, and stays silent within the tolerance. */
export const aheadCases: readonly AlertCase[] = aged.flatMap((each) => [
  {
    alert: each.alert,
    does: 'fires when its time lies in the future, and resolves when the clock is right',
    series: each.series(values),
    every,
    minutes: wrong + right,
    firing: { from: every, until: wrong, as: [firing(each)] },
    ...(each.anyJob && { anyJob: each.anyJob }),
  },
  {
    alert: each.alert,
    does: 'stays silent when another clock is ahead by no more than is tolerated',
    series: each.series(tolerated),
    every,
    minutes: wrong + right,
    ...(each.anyJob && { anyJob: each.anyJob }),
  },
]);
