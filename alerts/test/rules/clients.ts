import { type AlertCase, api, counter, type Phase, series } from './case.ts';

const labels = { severity: 'ticket', kind: 'cause', job: 'todo-api' };
const second = { ...api, instance: 'api-2:9464' } as const;

const refused = (limiter: string, target: typeof api | typeof second, ...phases: readonly Phase[]) =>
  series('rate_limit_rejections_total', { ...target, limiter }, counter(...phases));
const attempts = (
  method: string,
  outcome: string,
  target: typeof api | typeof second,
  ...phases: readonly Phase[]
) => series('auth_attempts_total', { ...target, method, outcome }, counter(...phases));

export const clientCases: readonly AlertCase[] = [
  {
    alert: 'RateLimitSurge',
    does: 'fires when a limit refuses more than a request a second for ten minutes, and resolves after',
    series: {
      ...refused('user', api, [30, 0], [30, 50], [30, 0]),
      ...refused('user', second, [30, 0], [30, 40], [30, 0]),
    },
    minutes: 90,
    firing: {
      from: 43.5,
      until: 61.5,
      as: [
        {
          labels: { ...labels, limiter: 'user' },
          summary: 'Many requests are over the limit user.',
          description: 'The limit user refuses 1.5 requests a second.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'RateLimitSurge',
    does: 'stays silent when no limit alone refuses as many',
    series: { ...refused('user', api, [60, 40]), ...refused('ip', api, [60, 40]) },
    minutes: 60,
  },
  {
    alert: 'LogInFailureSurge',
    does: 'fires when most log-ins fail, more than one in two seconds, for ten minutes, and resolves after',
    series: {
      ...attempts('password', 'failure', api, [30, 2], [30, 20], [30, 2]),
      ...attempts('password', 'failure', second, [30, 0], [30, 25], [30, 0]),
      ...attempts('password', 'success', api, [90, 20]),
      // Refreshes are no guesses at passwords.
      ...attempts('refresh_token', 'success', api, [90, 200]),
    },
    minutes: 90,
    firing: {
      from: 43.5,
      until: 62,
      as: [
        {
          labels,
          summary: 'Many log-ins fail: somebody may be guessing passwords.',
          description: '750m log-ins a second fail for a wrong password, more than half of all.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'LogInFailureSurge',
    does: 'fires as soon as the many that fail are more than those that succeed',
    series: {
      ...attempts('password', 'failure', api, [30, 60], [30, 100], [30, 60]),
      ...attempts('password', 'success', api, [30, 80], [30, 80], [30, 80]),
    },
    minutes: 90,
    firing: {
      from: 42.5,
      until: 62.5,
      as: [
        {
          labels,
          summary: 'Many log-ins fail: somebody may be guessing passwords.',
          description: '1.667 log-ins a second fail for a wrong password, more than half of all.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'LogInFailureSurge',
    does: 'fires as soon as fewer succeed than fail',
    series: {
      ...attempts('password', 'failure', api, [90, 60]),
      ...attempts('password', 'success', api, [30, 80], [30, 40], [30, 80]),
    },
    minutes: 90,
    firing: {
      from: 42.5,
      until: 62.5,
      as: [
        {
          labels,
          summary: 'Many log-ins fail: somebody may be guessing passwords.',
          description: '1 log-ins a second fail for a wrong password, more than half of all.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'LogInFailureSurge',
    does: 'stays silent when more log-ins succeed than fail, many as they are',
    series: {
      ...attempts('password', 'failure', api, [60, 100]),
      ...attempts('password', 'success', api, [60, 75]),
      ...attempts('password', 'success', second, [60, 75]),
      ...attempts('refresh_token', 'failure', api, [60, 100]),
    },
    minutes: 60,
  },
  {
    alert: 'LogInFailureSurge',
    does: 'stays silent about few failures though nothing succeeds, and about refreshes that fail',
    series: {
      ...attempts('password', 'failure', api, [60, 20]),
      ...attempts('refresh_token', 'failure', api, [60, 100]),
    },
    minutes: 60,
  },
  {
    alert: 'LogInFailureSurge',
    does: 'stays silent about log-ins that an error of ours keeps from succeeding',
    series: {
      ...attempts('password', 'error', api, [60, 100]),
      ...attempts('password', 'failure', api, [60, 20]),
    },
    minutes: 60,
  },
  {
    alert: 'PasswordGuessing',
    does: 'fires when accounts refuse more than a log-in in 20 seconds for five minutes, on all instances together',
    series: {
      ...refused('account', api, [30, 0], [30, 4], [30, 0]),
      ...refused('account', second, [30, 0], [30, 2], [30, 0]),
    },
    minutes: 90,
    firing: {
      from: 38,
      until: 62.5,
      as: [
        {
          labels,
          summary: 'Somebody guesses the password of an account from many networks.',
          description:
            '100m log-ins a second are refused for accounts that too many wrong passwords came for.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'PasswordGuessing',
    does: 'stays silent about a network that is over its own limit, other limits, and a refusal now and then',
    series: {
      ...refused('account', api, [60, 2.5]),
      ...refused('account_network', api, [60, 50]),
      ...refused('sessions', api, [60, 50]),
      ...attempts('password', 'refused', api, [60, 50]),
    },
    minutes: 60,
  },
];
