import { type AlertCase, gauge, series } from './case.ts';

const target = { job: 'blackbox', instance: 'https://todo.example/health/live' } as const;
const day = 86_400;

export const probeCases: readonly AlertCase[] = [
  {
    alert: 'ProbeFailing',
    does: 'pages when the service does not answer from outside for two minutes, and resolves when it does',
    series: {
      ...series('probe_success', target, gauge([10, 1], [10, 0], [10, 1])),
      ...series('probe_success', { ...target, instance: 'https://other.example' }, gauge([30, 1])),
    },
    minutes: 30,
    firing: {
      from: 12,
      until: 20,
      as: [
        {
          labels: { ...target, severity: 'page', kind: 'symptom' },
          summary: 'https://todo.example/health/live does not answer.',
          description:
            'The probe of https://todo.example/health/live fails (probe_success is 0): the service is down, or cannot be reached.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'ProbeFailing',
    does: 'stays silent while the service answers, and where nothing probes',
    series: series('probe_success', target, gauge([30, 1])),
    minutes: 60,
  },
  {
    alert: 'CertificateExpiring',
    does: 'fires after an hour with less than ten days left, and resolves with a new certificate',
    series: series(
      'probe_ssl_earliest_cert_expiry',
      target,
      gauge([30, 20 * day], [90, 9.5 * day], [30, 90 * day]),
    ),
    minutes: 150,
    firing: {
      from: 90,
      until: 120,
      as: [
        {
          labels: { ...target, severity: 'ticket', kind: 'cause' },
          summary: 'The certificate of https://todo.example/health/live expires soon.',
          description:
            'The certificate of https://todo.example/health/live expires in 9d 10h 30m 0s and was not renewed.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'CertificateExpiring',
    does: 'stays silent with more than ten days left',
    series: series('probe_ssl_earliest_cert_expiry', target, gauge([90, 10.5 * day])),
    minutes: 90,
  },
];
