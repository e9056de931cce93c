import type { AlertingSettings, Channel } from './settings.ts';

/** How long Alertmanager waits, as Prometheus durations. Drills and tests shorten them. */
export interface Timing {
  /** What fires together within this time is one page. */
  pageWait: string;
  ticketWait: string;
  /** From one notification of a group to the next about alerts that joined it. */
  groupInterval: string;
  pageRepeat: string;
  ticketRepeat: string;
  /** How often it is looked whether a heartbeat is due; shorter than the heartbeat, or every second one is left out. */
  heartbeatCheck: string;
  heartbeat: string;
}

const usualTiming: Timing = {
  pageWait: '15s',
  ticketWait: '1m',
  groupInterval: '5m',
  pageRepeat: '4h',
  ticketRepeat: '24h',
  heartbeatCheck: '30s',
  heartbeat: '1m',
};

/** For the rules of the drills, which fire within seconds: whoever waits for a notification waits no longer than for them. */
export const drillTiming: Timing = {
  ...usualTiming,
  pageWait: '1s',
  ticketWait: '1s',
  groupInterval: '1s',
  heartbeatCheck: '1s',
  heartbeat: '5s',
};

/** The label names and values that `alerts/` promises. */
const watchdog = 'alertname="Watchdog"';
const targetDown = 'TargetDown';

/** The configuration of Alertmanager, as its YAML is. Templates are expected in `templates/` beside the file. */
export function alertmanagerConfiguration(settings: AlertingSettings, timing = usualTiming): object {
  const outsideHours = settings.workingHours === null ? {} : { active_time_intervals: ['working-hours'] };
  return {
    templates: ['templates/*.tmpl'],
    route: {
      // Whatever bears a severity that nobody thought of is heard at once.
      receiver: 'page',
      group_by: ['alertname', 'slo', 'job'],
      group_wait: timing.pageWait,
      group_interval: timing.groupInterval,
      repeat_interval: timing.pageRepeat,
      routes: [
        {
          matchers: [watchdog],
          receiver: 'watchdog',
          group_wait: '0s',
          group_interval: timing.heartbeatCheck,
          repeat_interval: timing.heartbeat,
        },
        {
          matchers: ['severity="ticket"'],
          receiver: 'ticket',
          group_wait: timing.ticketWait,
          repeat_interval: timing.ticketRepeat,
          ...outsideHours,
        },
      ],
    },
    inhibit_rules: inhibitions,
    time_intervals: timeIntervals(settings),
    receivers: [
      receiver('page', settings.page, settings),
      receiver('ticket', settings.ticket, settings),
      {
        name: 'watchdog',
        webhook_configs: [{ ...addressOf(settings.watchdog), send_resolved: false }],
      },
    ],
  };
}

/** These and no others: no cause silences a symptom. */
const inhibitions: readonly object[] = [
  {
    // An instance that can't be scraped: its other causes are known by that.
    source_matchers: [`alertname="${targetDown}"`, 'instance!=""'],
    target_matchers: ['kind="cause"', `alertname!="${targetDown}"`],
    equal: ['instance'],
  },
  {
    // The same alert at its more urgent severity, of the same service and SLO.
    source_matchers: ['severity="page"'],
    target_matchers: ['severity="ticket"'],
    equal: ['alertname', 'job', 'slo'],
  },
];

function timeIntervals({ workingHours }: AlertingSettings): readonly object[] {
  if (workingHours === null) return [];
  const { weekdays, start, end, location } = workingHours;
  return [
    {
      name: 'working-hours',
      time_intervals: [{ weekdays, times: [{ start_time: start, end_time: end }], location }],
    },
  ];
}

function addressOf(address: AlertingSettings['webhook']): object {
  return 'url' in address ? { url: address.url } : { url_file: address.urlFile };
}

function receiver(name: 'page' | 'ticket', names: readonly Channel[], settings: AlertingSettings): object {
  return Object.assign({ name }, ...names.map((channel) => configurations[channel](name, settings)));
}

const title = '{{ template "sightline.title" . }}';
const text = '{{ template "sightline.text" . }}';

/** One entry a channel: what it adds to a receiver. */
const configurations: Readonly<
  Record<Channel, (receiver: 'page' | 'ticket', settings: AlertingSettings) => object>
> = {
  webhook: (_, { webhook }) => ({ webhook_configs: [{ ...addressOf(webhook), send_resolved: true }] }),
  slack: (_, { slack }) => ({
    slack_configs: [
      {
        api_url_file: slack?.urlFile,
        channel: slack?.channel,
        send_resolved: true,
        title,
        title_link: '{{ template "sightline.runbook" . }}',
        text,
        color:
          '{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "page" }}danger{{ else }}warning{{ end }}',
      },
    ],
  }),
  email: (_, { email }) => ({
    email_configs: [
      {
        to: email?.to,
        from: email?.from,
        smarthost: email?.smarthost,
        require_tls: email?.requireTls,
        ...(email?.login && {
          auth_username: email.login.username,
          auth_password_file: email.login.passwordFile,
        }),
        send_resolved: true,
        headers: { Subject: title },
        text,
        html: '',
      },
    ],
  }),
  pagerduty: (receiver, { pagerduty }) => ({
    pagerduty_configs: [
      {
        routing_key_file: pagerduty?.routingKeyFile,
        url: pagerduty?.url,
        send_resolved: true,
        severity: receiver === 'page' ? 'critical' : 'warning',
        description: title,
        details: { alerts: text },
        links: [
          { text: 'Runbook', href: '{{ template "sightline.runbook" . }}' },
          { text: 'Dashboard', href: '{{ template "sightline.dashboard" . }}' },
        ],
      },
    ],
  }),
};
