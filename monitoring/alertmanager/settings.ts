import { statSync } from 'node:fs';
import { resolve } from 'node:path';

/** What a receiver sends by. */
export const channels = ['webhook', 'slack', 'email', 'pagerduty'] as const;
export type Channel = (typeof channels)[number];

/** When tickets are sent; `null`: always. */
export interface WorkingHours {
  weekdays: string;
  start: string;
  end: string;
  location: string;
}

/** Who hears of alerts, and how. Secrets are paths of files that Alertmanager reads. */
export interface AlertingSettings {
  page: readonly Channel[];
  ticket: readonly Channel[];
  workingHours: WorkingHours | null;
  webhook: { url: string } | { urlFile: string };
  /** The dead man's switch: where the heartbeat goes. */
  watchdog: { url: string } | { urlFile: string };
  slack: { urlFile: string; channel: string } | undefined;
  email:
    | {
        to: string;
        from: string;
        smarthost: string;
        requireTls: boolean;
        login: { username: string; passwordFile: string } | undefined;
      }
    | undefined;
  pagerduty: { routingKeyFile: string; url: string } | undefined;
}

/** Every wrong setting, a sentence each. */
export class AlertingSettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from `ALERT_…` variables (README.md lists them). Throws an `AlertingSettingsError` that names each
 * wrong one, what it got and what it takes; a secret's file has to exist and to hold something.
 */
export function readAlertingSettings(environment: Environment): AlertingSettings {
  const problems: string[] = [];
  const read = readerOf(environment, problems);
  const page = read.channels('ALERT_PAGE_TO');
  const ticket = read.channels('ALERT_TICKET_TO');
  const used = new Set([...page, ...ticket]);
  const webhook = read.address('ALERT_WEBHOOK_URL') ?? { url: 'http://127.0.0.1:9095/' };
  const settings: AlertingSettings = {
    page,
    ticket,
    workingHours: read.workingHours('ALERT_WORKING_HOURS'),
    webhook,
    watchdog: read.address('ALERT_WATCHDOG_URL') ?? webhook,
    slack: used.has('slack')
      ? {
          urlFile: read.secretFile('ALERT_SLACK_URL_FILE', 'slack'),
          channel: read.text('ALERT_SLACK_CHANNEL', 'slack'),
        }
      : undefined,
    email: used.has('email')
      ? {
          to: read.text('ALERT_EMAIL_TO', 'email'),
          from: read.text('ALERT_EMAIL_FROM', 'email'),
          smarthost: read.text('ALERT_SMTP_SERVER', 'email', /^[^\s:]+:\d+$/, 'host:port'),
          requireTls:
            read.text('ALERT_SMTP_TLS', undefined, /^(required|optional)$/, 'required or optional') !==
            'optional',
          login: environment['ALERT_SMTP_USER']
            ? {
                username: environment['ALERT_SMTP_USER'],
                passwordFile: read.secretFile('ALERT_SMTP_PASSWORD_FILE', 'email'),
              }
            : undefined,
        }
      : undefined,
    pagerduty: used.has('pagerduty')
      ? {
          routingKeyFile: read.secretFile('ALERT_PAGERDUTY_KEY_FILE', 'pagerduty'),
          url: read.url('ALERT_PAGERDUTY_URL') ?? 'https://events.pagerduty.com/v2/enqueue',
        }
      : undefined,
  };
  if (problems.length > 0) throw new AlertingSettingsError(problems);
  return settings;
}

/** Readers of one kind of value each. They note what is wrong and go on, so that all of it is said at once. */
function readerOf(environment: Environment, problems: string[]) {
  const given = (name: string) => environment[name] || undefined;
  const wrong = (name: string, takes: string) =>
    problems.push(`${name} is "${given(name)}"; it takes ${takes}.`);

  function text(name: string, neededBy?: Channel, pattern = /./, takes = 'a text'): string {
    const value = given(name);
    if (value === undefined) {
      if (neededBy !== undefined) problems.push(`${name} is not set; the receiver ${neededBy} needs it.`);
      return '';
    }
    if (!pattern.test(value)) wrong(name, takes);
    return value;
  }

  function secretFile(name: string, neededBy?: Channel): string {
    const path = text(name, neededBy);
    if (path === '') return '';
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) problems.push(`${name} names ${path}, which does not exist.`);
    if (size === 0) problems.push(`${name} names ${path}, which is empty.`);
    return resolve(path);
  }

  function url(name: string): string | undefined {
    const value = given(name);
    if (value === undefined) return undefined;
    // What it got is not repeated: such addresses often hold a token.
    if (!/^https?:\/\/[^\s]+$/.test(value)) problems.push(`${name} is not an http(s) URL.`);
    return value;
  }

  return {
    text,
    secretFile,
    url,
    channels(name: string): Channel[] {
      const names = (given(name) ?? 'webhook').split(',').map((part) => part.trim());
      const known = names.filter((part): part is Channel => (channels as readonly string[]).includes(part));
      const unknown = names.filter((part) => !known.some((channel) => channel === part));
      if (unknown.length > 0)
        problems.push(
          `${name} names the unknown receiver "${unknown.join('", "')}"; known: ${channels.join(', ')}.`,
        );
      return known;
    },
    address(name: string): { url: string } | { urlFile: string } | undefined {
      if (given(`${name}_FILE`) !== undefined) return { urlFile: secretFile(`${name}_FILE`) };
      const value = url(name);
      return value === undefined ? undefined : { url: value };
    },
    workingHours(name: string): WorkingHours | null {
      const value = given(name) ?? 'monday:friday 09:00-17:00 UTC';
      if (value === 'always') return null;
      const hours = /^([a-z]+(?::[a-z]+)?) (\d\d:\d\d)-(\d\d:\d\d) (\S+)$/.exec(value);
      const [, range = '', start = '', end = '', location = ''] = hours ?? [];
      const fits =
        range.split(':').every((day) => weekdays.includes(day)) &&
        start < end &&
        end <= '24:00' &&
        isTimeZone(location);
      if (!fits)
        wrong(name, '"always", or days, hours and time zone as in "monday:friday 09:00-17:00 Europe/Berlin"');
      return { weekdays: range, start, end, location };
    },
  };
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
