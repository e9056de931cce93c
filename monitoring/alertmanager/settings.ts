import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readWorkingHours, type WorkingHours, WorkingHoursError } from './working-hours.ts';

/** The channels that a receiver sends by. */
export const channels = ['webhook', 'slack', 'email', 'pagerduty'] as const;
export type Channel = (typeof channels)[number];

/** The receivers of alerts. Secrets are paths of files that Alertmanager reads. */
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
 * wrong one, what it got and what it takes; a secret's file has to exist and to hold what it is for.
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
          urlFile: read.secretFile('ALERT_SLACK_URL_FILE', 'slack', isUrl),
          channel: read.text('ALERT_SLACK_CHANNEL', 'slack', isChannel, 'a channel, as in #on-call'),
        }
      : undefined,
    email: used.has('email')
      ? {
          to: read.text('ALERT_EMAIL_TO', 'email', areAddresses, 'e-mail addresses, by commas'),
          from: read.text('ALERT_EMAIL_FROM', 'email', isAddress, 'one e-mail address'),
          smarthost: read.text('ALERT_SMTP_SERVER', 'email', isHostAndPort, 'host:port'),
          requireTls: read.text('ALERT_SMTP_TLS', undefined, isTls, 'required or optional') !== 'optional',
          login: read.text('ALERT_SMTP_USER')
            ? {
                username: read.text('ALERT_SMTP_USER'),
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

  for (const [name, value = ''] of Object.entries(environment))
    if (name.startsWith('ALERT_') && invisible.test(value))
      problems.push(`${name} holds a character that can't be seen; write it again without.`);

  function text(
    name: string,
    neededBy?: Channel,
    fits: (value: string) => boolean = () => true,
    takes = '',
  ): string {
    const value = given(name);
    if (value === undefined) {
      if (neededBy !== undefined) problems.push(`${name} is not set; the receiver ${neededBy} needs it.`);
      return '';
    }
    if (!fits(value)) wrong(name, takes);
    return value;
  }

  function secretFile(name: string, neededBy?: Channel, fits?: typeof isUrl): string {
    const path = text(name, neededBy);
    if (path === '') return '';
    const content = contentOf(path);
    if (content instanceof Error) problems.push(`${name} names ${path}, ${content.message}.`);
    else if (content === '') problems.push(`${name} names ${path}, which is empty.`);
    // What it holds is not repeated: it is a secret.
    else if (fits?.(content) === false) problems.push(`${name} names ${path}, which holds no http(s) URL.`);
    return resolve(path);
  }

  function url(name: string): string | undefined {
    const value = given(name);
    if (value === undefined) return undefined;
    // What it got is not repeated: such addresses often hold a token.
    if (!isUrl(value)) problems.push(`${name} is not an http(s) URL.`);
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
      if (given(`${name}_FILE`) !== undefined)
        return { urlFile: secretFile(`${name}_FILE`, undefined, isUrl) };
      const value = url(name);
      return value === undefined ? undefined : { url: value };
    },
    workingHours(name: string): WorkingHours | null {
      const value = given(name) ?? 'monday:friday 09:00-17:00 UTC';
      try {
        return value === 'always' ? null : readWorkingHours(value);
      } catch (error) {
        if (!(error instanceof WorkingHoursError)) throw error;
        wrong(name, `"always", or days, hours and time zone as in ${workingHoursExample}`);
        problems.push(`${name}: ${error.message}`);
        return null;
      }
    },
  };
}

const workingHoursExample = '"monday:friday 09:00-17:00 Europe/Berlin"';

/** Control and format characters, of which YAML's readers refuse some and people see none. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Somebody who logs in, a host, a port, and the rest, as Alertmanager's own reader takes them (Go's net/url), and no stranger ones. */
const urlForm =
  /^https?:\/\/(?:[\w.~!$&'()*+,;=:%-]+@)?(?:[\p{L}\p{N}_.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:[/?#][^\s\\<>^`{|}"]*)?$/iu;

const isUrl = (value: string) =>
  urlForm.test(value) && !/%(?![\da-f]{2})/i.test(value) && !invisible.test(value) && URL.canParse(value);

/** In these Alertmanager evaluates templates, so that no brace may be in them. */
const isChannel = (value: string) => /^[#@]?[\p{L}\p{N}_.-]+$/u.test(value);
const isAddress = (value: string) => /^[^\s@<>,;:"()[\]\\{}]+@[^\s@<>,;:"()[\]\\{}]+$/.test(value);
const areAddresses = (value: string) => value.split(',').every((address) => isAddress(address.trim()));
const isTls = (value: string) => ['required', 'optional'].includes(value);

function isHostAndPort(value: string): boolean {
  const [, port = ''] = /^(?:[\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(value) ?? [];
  return Number(port) >= 1 && Number(port) <= 65_535;
}

/**
 * The content of a file, without blanks around it, as Alertmanager reads it; an error whose message ends a
 * sentence.
 */
function contentOf(path: string): string | Error {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return new Error('which does not exist');
    return new Error(code === 'EISDIR' ? 'which is a folder' : `which can't be read (${String(code)})`);
  }
}
