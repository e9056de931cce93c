import { type AlertCase, api, counter, gauge, histogram, series } from './case.ts';

const labels = { severity: 'ticket', kind: 'cause', job: 'todo-api' };
const second = { ...api, instance: 'api-2:9464' } as const;

/** Metrics of memory in use, and of a limit of 1,000 bytes. What is young would be too much of it. */
const process = (...phases: readonly (readonly [number, number])[]) => ({
  ...series('process_resident_memory_bytes', api, gauge(...phases)),
  ...series('process_memory_limit_bytes', api, gauge([60, 1000])),
});
const heap = (...phases: readonly (readonly [number, number])[]) => ({
  ...series('nodejs_heap_used_bytes', { ...api, generation: 'old' }, gauge(...phases)),
  ...series('nodejs_heap_used_bytes', { ...api, generation: 'young' }, gauge([60, 950])),
  ...series('nodejs_heap_limit_bytes', api, gauge([60, 1000])),
});

export const processCases: readonly AlertCase[] = [
  {
    alert: 'CallbackFailing',
    does: 'fires at the first error that a guard caught, and resolves a quarter of an hour after the last',
    series: series(
      'callback_errors_total',
      { ...api, place: 'recorder' },
      counter([30, 0], [0.5, 2], [30, 0]),
    ),
    minutes: 60,
    firing: {
      from: 30.5,
      until: 45,
      as: [
        {
          labels: { ...labels, instance: api.instance, place: 'recorder' },
          summary: 'Callbacks of api-1:9464 fail.',
          description:
            '1 errors at the place recorder of api-1:9464 within 15m were kept from ending the process; what was to be done there was not.',
          dashboard: 'nodejs',
        },
      ],
    },
  },
  {
    alert: 'CallbackFailing',
    does: 'stays silent while none fails, and about what failed long ago',
    series: series('callback_errors_total', { ...api, place: 'recorder' }, '7x119'),
    minutes: 60,
  },
  {
    alert: 'EventLoopLag',
    does: 'fires when one timer in a hundred is 0.1 s late for ten minutes, and resolves after',
    series: histogram(
      'nodejs_eventloop_delay_seconds',
      api,
      [30, { 0.004: 3000 }],
      [30, { 0.004: 2960, 0.2: 40 }],
      [30, { 0.004: 3000 }],
    ),
    minutes: 90,
    firing: {
      from: 43.5,
      until: 61.5,
      as: [
        {
          labels: { ...labels, instance: api.instance },
          summary: 'The event loop of api-1:9464 lags.',
          description:
            'One in a hundred timers of api-1:9464 fires 137.5ms late or later: something keeps its event loop busy.',
          dashboard: 'nodejs',
        },
      ],
    },
  },
  {
    alert: 'EventLoopLag',
    does: 'stays silent when one timer in a hundred is less late',
    series: histogram('nodejs_eventloop_delay_seconds', api, [60, { 0.004: 2940, 0.08: 60 }]),
    minutes: 60,
  },
  {
    alert: 'MemoryNearLimit',
    does: 'fires when nine tenths of what the process may take are used for ten minutes, and resolves after',
    series: { ...process([10, 500], [30, 950], [20, 850]), ...heap([60, 500]) },
    minutes: 60,
    firing: {
      from: 20,
      until: 40,
      as: [
        {
          labels: { ...labels, instance: api.instance, limit: 'process' },
          summary: 'The memory of api-1:9464 is near its limit.',
          description: 'api-1:9464 uses 95% of what its process may take; at the limit it is ended.',
          dashboard: 'nodejs',
        },
      ],
    },
  },
  {
    alert: 'MemoryNearLimit',
    does: 'fires when nine tenths of what the heap may take are used for ten minutes, and resolves after',
    series: { ...process([60, 500]), ...heap([10, 500], [30, 950], [20, 850]) },
    minutes: 60,
    firing: {
      from: 20,
      until: 40,
      as: [
        {
          labels: { ...labels, instance: api.instance, limit: 'heap' },
          summary: 'The memory of api-1:9464 is near its limit.',
          description: 'api-1:9464 uses 95% of what its heap may take; at the limit it is ended.',
          dashboard: 'nodejs',
        },
      ],
    },
  },
  {
    alert: 'MemoryNearLimit',
    does: 'fires when more than the limit is used, which a limit that was lowered can lead to',
    series: { ...process([10, 500], [50, 1900]), ...heap([60, 850]) },
    minutes: 60,
    firing: {
      from: 20,
      until: 60,
      as: [
        {
          labels: { ...labels, instance: api.instance, limit: 'process' },
          summary: 'The memory of api-1:9464 is near its limit.',
          description: 'api-1:9464 uses 190% of what its process may take; at the limit it is ended.',
          dashboard: 'nodejs',
        },
      ],
    },
  },
  {
    alert: 'MemoryNearLimit',
    does: 'stays silent below',
    series: { ...process([60, 850]), ...heap([60, 850]) },
    minutes: 60,
  },
  {
    alert: 'RestartingRepeatedly',
    does: 'fires at the third restart within an hour, and resolves when it is an hour past the first',
    series: series(
      'process_start_time_seconds',
      api,
      gauge([60, 10], [10, 20], [10, 30], [10, 40], [60, 50], [50, 60]),
    ),
    minutes: 200,
    firing: {
      from: 80,
      until: 129.5,
      as: [
        {
          labels: { ...labels, instance: api.instance },
          summary: 'api-1:9464 restarts again and again.',
          description: 'api-1:9464 restarted 3 times within 1h.',
          dashboard: 'nodejs',
        },
      ],
    },
  },
  {
    alert: 'RestartingRepeatedly',
    does: 'stays silent about a deployment and its rollback, on both instances',
    series: {
      ...series('process_start_time_seconds', api, gauge([60, 10], [10, 20], [60, 30])),
      ...series('process_start_time_seconds', second, gauge([65, 10], [10, 20], [60, 30])),
    },
    minutes: 120,
  },
  {
    alert: 'MaintenanceStale',
    does: 'fires when no instance succeeds for a quarter of an hour, and resolves when one does',
    series: {
      ...series('maintenance_last_success_timestamp_seconds', api, `0+30x59 ${gauge([30, 1770])} 3600`),
      ...series('maintenance_last_success_timestamp_seconds', second, gauge([61, 1500])),
      ...series('process_start_time_seconds', api, gauge([61, 0])),
    },
    minutes: 61,
    firing: {
      from: 50,
      until: 60,
      as: [
        {
          labels,
          summary: 'Background jobs of todo-api do not succeed.',
          description:
            'No instance of todo-api went through its background jobs for 20m 30s; expired rows stay.',
          dashboard: 'postgresql',
        },
      ],
    },
  },
  {
    alert: 'MaintenanceStale',
    does: 'fires when no instance succeeded since the latest of them started',
    series: {
      ...series('process_start_time_seconds', api, gauge([60, 0])),
      ...series('process_start_time_seconds', second, gauge([60, 600])),
    },
    minutes: 60,
    firing: {
      from: 30.5,
      until: 60,
      as: [
        {
          labels,
          summary: 'Background jobs of todo-api do not succeed.',
          description:
            'No instance of todo-api went through its background jobs for 20m 30s; expired rows stay.',
          dashboard: 'postgresql',
        },
      ],
    },
  },
  {
    alert: 'MaintenanceStale',
    does: 'stays silent while one instance succeeds every twelve minutes and the other never does',
    series: {
      ...series(
        'maintenance_last_success_timestamp_seconds',
        api,
        gauge([12, 0], [12, 720], [12, 1440], [12, 2160], [12, 2880]),
      ),
      ...series('process_start_time_seconds', api, gauge([60, 0])),
      ...series('maintenance_last_success_timestamp_seconds', second, gauge([60, 0])),
    },
    minutes: 60,
  },
];
