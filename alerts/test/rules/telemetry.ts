import { type AlertCase, api, counter, type Phase, series } from './case.ts';

const labels = { severity: 'ticket', kind: 'cause', job: 'todo-api' };
const spans = (outcome: string, instance: string, ...phases: readonly Phase[]) =>
  series('trace_spans_exported_total', { ...api, instance, outcome }, counter(...phases));

export const telemetryCases: readonly AlertCase[] = [
  {
    alert: 'LogLinesLost',
    does: 'fires at the first line that could not be written, and resolves a quarter of an hour after the last',
    series: series('log_write_errors_total', api, counter([30, 0], [0.5, 2], [30, 0])),
    minutes: 60,
    firing: {
      from: 30.5,
      until: 45,
      as: [
        {
          labels: { ...labels, instance: api.instance },
          summary: 'api-1:9464 loses log lines.',
          description: '1 writes of log lines failed on api-1:9464 within 15m; the lines in them are lost.',
          dashboard: 'log-pipeline',
        },
      ],
    },
  },
  {
    alert: 'LogLinesLost',
    does: 'stays silent while every line is written, and about what was lost long ago',
    series: series('log_write_errors_total', api, '7x119'),
    minutes: 60,
  },
  {
    alert: 'TraceExportFailing',
    does: 'fires when a tenth of the spans is lost for a quarter of an hour, and resolves after',
    series: {
      ...spans('success', api.instance, [90, 85]),
      ...spans('failure', api.instance, [30, 0], [30, 8], [30, 0]),
      ...spans('dropped', 'api-2:9464', [30, 0], [30, 7], [30, 0]),
    },
    minutes: 90,
    firing: {
      from: 48.5,
      until: 62,
      as: [
        {
          labels,
          summary: 'Traces do not reach their collector.',
          description: '15% of the spans of todo-api are lost on the way to the trace collector.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'TraceExportFailing',
    does: 'stays silent about fewer, and when nothing is traced at all',
    series: {
      ...spans('success', api.instance, [30, 46], [30, 0]),
      ...spans('success', 'api-2:9464', [30, 46], [30, 0]),
      ...spans('failure', api.instance, [30, 4], [30, 0]),
      ...spans('dropped', api.instance, [30, 4], [30, 0]),
    },
    minutes: 60,
  },
];
