import type { AlertingSettings, Channel } from './settings.ts';

/** How long Alertmanager waits, as Prometheus durations. Drills and tests shorten them. */
export interface Timing {
  /** Alerts that fire together within this time is one page. */
  pageWait: string;
  ticketWait: string;
  /** From one notification of a group to the next about alerts that joined it. */
  groupInterval: string;
  pageRepeat: string;
  ticketRepeat: string;
  /** With working hours: how often a ticket's reminder comes in them, and after which time it comes at any hour. */
  reminder: string;
  lastReminder: string;
  /** How long a group of tickets waits with its first reminder, and how often it is looked whether one is due. */
  reminderWait: string;
  reminderCheck: string;
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
  // What was told is remembered for twice the interval, for five days at most (--data.retention), and told anew when it is
  // forgotten. From Thursday at nine to Monday at ten are 97 hours.
  reminder: '50h',
  lastReminder: '99h',
  reminderWait: '10m',
  // No multiple of the group's interval: two routes that send at the same moment don't know of each other.
  reminderCheck: '61m',
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
        ...ticketRoutes(settings, timing),
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

/**
 * A ticket's beginning and its end are sent at once, at any hour: what ends while its route is muted Alertmanager forgets,
 * and nobody is ever told (docs/decisions/tickets-and-working-hours.md). Working hours are for reminders.
 */
function ticketRoutes({ workingHours }: AlertingSettings, timing: Timing): readonly object[] {
  const ticket = { matchers: ['severity="ticket"'], receiver: 'ticket' };
  const atOnce = { ...ticket, group_wait: timing.ticketWait };
  if (workingHours === null) return [{ ...atOnce, repeat_interval: timing.ticketRepeat }];
  return [
    { ...atOnce, repeat_interval: timing.lastReminder, continue: true },
    // By the same matchers to the same receiver: it knows what the route above has told, and says only what is due.
    {
      ...ticket,
      group_wait: timing.reminderWait,
      group_interval: timing.reminderCheck,
      repeat_interval: timing.reminder,
      active_time_intervals: ['working-hours'],
    },
  ];
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
