import { type AlertCase, api, gauge, histogram, type Observations, series } from './case.ts';

const labels = { severity: 'ticket', kind: 'cause', job: 'todo-api' };

const wait = (...phases: readonly Observations[]) => histogram('db_queue_wait_seconds', api, ...phases);
const query = (instance: string, ...phases: readonly Observations[]) =>
  histogram('db_query_duration_seconds', { ...api, instance, operation: 'transaction' }, ...phases);

export const databaseCases: readonly AlertCase[] = [
  {
    alert: 'DatabaseUnreachable',
    does: 'fires when the database answers no look for a minute, and resolves when it answers',
    series: {
      ...series('db_up', api, gauge([10, 1], [10, 0], [10, 1])),
      ...series('db_up', { ...api, instance: 'api-2:9464' }, gauge([30, 1])),
    },
    minutes: 30,
    firing: {
      from: 11,
      until: 20,
      as: [
        {
          labels: { ...labels, instance: api.instance },
          summary: 'api-1:9464 does not reach the database.',
          description: 'The database does not answer api-1:9464 (db_up is 0), so its requests get 503.',
          dashboard: 'postgresql',
        },
      ],
    },
  },
  {
    alert: 'DatabaseUnreachable',
    does: 'stays silent while the database answers',
    series: series('db_up', api, gauge([30, 1])),
    minutes: 30,
  },
  {
    alert: 'StatementsQueueing',
    does: 'fires when one statement in twenty waits 0.1 s or longer for ten minutes, and resolves after',
    series: wait([30, { 0.0005: 100 }], [30, { 0.0005: 94, 0.2: 6 }], [30, { 0.0005: 100 }]),
    minutes: 90,
    firing: {
      from: 44,
      until: 61,
      as: [
        {
          labels: { ...labels, instance: api.instance },
          summary: 'Statements of api-1:9464 queue for a connection.',
          description:
            'One in twenty statements of api-1:9464 waits 166.7ms or longer for a connection to the database.',
          dashboard: 'postgresql',
        },
      ],
    },
  },
  {
    alert: 'StatementsQueueing',
    does: 'stays silent when one in twenty waits less, when fewer wait longer, and without any statements',
    series: {
      ...wait([30, { 0.0005: 90, 0.05: 10 }], [30, { 0.0005: 97, 1: 3 }], [30, {}]),
    },
    minutes: 90,
  },
  {
    alert: 'SlowQueries',
    does: 'fires when one execution in twenty takes 0.1 s or longer for a quarter of an hour, and resolves after',
    // The quick ones and the slow ones are on different instances: together they are one statement.
    series: {
      ...query('api-1:9464', [30, { 0.004: 100 }], [30, { 0.004: 94 }], [30, { 0.004: 100 }]),
      ...query('api-2:9464', [30, {}], [30, { 0.3: 6 }], [30, {}]),
    },
    minutes: 90,
    firing: {
      from: 49.5,
      until: 61,
      as: [
        {
          labels: { ...labels, operation: 'transaction' },
          summary: 'The statement transaction is slow.',
          description: 'One in twenty executions of the statement transaction takes 166.7ms or longer.',
          dashboard: 'postgresql',
        },
      ],
    },
  },
  {
    alert: 'SlowQueries',
    does: 'stays silent when one in twenty takes less, and when few are slow among many on another instance',
    series: {
      ...query('api-1:9464', [30, { 0.004: 90, 0.05: 10 }], [30, { 0.004: 100 }]),
      ...query('api-2:9464', [30, {}], [30, { 0.3: 4 }]),
    },
    minutes: 60,
  },
  {
    alert: 'SlowQueries',
    does: 'stays silent about fewer than twenty executions in five minutes, slow as they are',
    series: query('api-1:9464', [60, { 0.15: 3 }]),
    minutes: 60,
  },
  {
    alert: 'SlowQueries',
    does: 'fires for twenty-five executions in five minutes on two instances, all slow',
    series: {
      ...query('api-1:9464', [60, { 0.15: 3 }]),
      ...query('api-2:9464', [60, { 0.05: 2 }]),
    },
    minutes: 60,
    firing: {
      from: 19,
      until: 60,
      as: [
        {
          labels: { ...labels, operation: 'transaction' },
          summary: 'The statement transaction is slow.',
          description: 'One in twenty executions of the statement transaction takes 466.7ms or longer.',
          dashboard: 'postgresql',
        },
      ],
    },
  },
];
