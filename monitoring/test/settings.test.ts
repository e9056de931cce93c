import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomOf } from '@sightline/testkit/random.ts';
import { tool } from '@sightline/tools/tools.ts';
import { amtoolChecks } from '../alertmanager/check.ts';
import { alertmanagerConfiguration } from '../alertmanager/configuration.ts';
import { readAlertingSettings } from '../alertmanager/settings.ts';
import { missingTools, newFolder } from './support/programs.ts';

const because = missingTools === undefined ? '' : ` (skipped: ${missingTools})`;
const withTools = missingTools === undefined ? test : test.skip;

type Environment = Readonly<Record<string, string>>;
interface Configuration {
  time_intervals: { name: string }[];
  receivers: { name: string }[];
}

const configurationFor = (environment: Environment) =>
  alertmanagerConfiguration(readAlertingSettings(environment)) as Configuration;

const says = (environment: Environment) => {
  try {
    readAlertingSettings(environment);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('settings that become Alertmanager’s configuration', () => {
  const folder = newFolder();
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const needed: Environment = {
    ALERT_PAGE_TO: 'webhook,slack,email,pagerduty',
    ALERT_SLACK_URL_FILE: file('slack', 'https://hooks.slack.example/T0/B0/x\n'),
    ALERT_SLACK_CHANNEL: '#on-call',
    ALERT_PAGERDUTY_KEY_FILE: file('pagerduty', 'key\n'),
    ALERT_EMAIL_TO: 'a@sightline.example',
    ALERT_EMAIL_FROM: 'b@sightline.example',
    ALERT_SMTP_SERVER: 'mail.sightline.example:587',
  };
  beforeAll(() => mkdirSync(join(folder, 'templates')));
  afterAll(() => rmSync(folder, { recursive: true }));

  /**
   * The report of amtool on several configurations at once: their receivers and intervals, under names of
   * their own.
   */
  async function amtoolOn(all: readonly Configuration[]) {
    const [first] = all;
    const renamed = (key: 'receivers' | 'time_intervals') =>
      all.flatMap((one, index) => one[key].map((entry) => ({ ...entry, name: `${entry.name}-${index}` })));
    const together = {
      ...first,
      templates: [],
      route: { receiver: 'page-0' },
      receivers: renamed('receivers'),
      time_intervals: renamed('time_intervals'),
    };
    const path = file('checked.yaml', JSON.stringify(together));
    const { status, stdout, stderr } = spawnSync(await tool('amtool'), ['check-config', path], {
      encoding: 'utf8',
    });
    return { ok: status === 0, said: stdout + stderr };
  }

  const noHours = [
    ['friday:monday 09:00-17:00 UTC', 'write friday:saturday,sunday:monday'],
    ['saturday:sunday 09:00-17:00 UTC', 'write saturday,sunday.'],
    ['monday,friday:thursday 09:00-17:00 UTC', '"friday:thursday" goes over the end of the week'],
    ['mon:fri 09:00-17:00 UTC', '"mon:fri" is neither a day'],
    ['Monday 09:00-17:00 UTC', '"Monday" is neither a day'],
    ['monday: 09:00-17:00 UTC', '"monday:" is neither a day'],
    ['monday:tuesday:friday 09:00-17:00 UTC', '"monday:tuesday:friday" is neither a day'],
    ['monday,,friday 09:00-17:00 UTC', '"" is neither a day'],
    ['constructor 09:00-17:00 UTC', '"constructor" is neither a day'],
    ['monday 09:77-10:99 UTC', 'No time of day: "09:77", "10:99"'],
    ['monday 24:01-24:30 UTC', 'No time of day: "24:01", "24:30"'],
    ['monday 9:00-17:00 UTC', 'No time of day: "9:00"'],
    ['monday 09:00-25:00 UTC', 'No time of day: "25:00"'],
    ['monday 09.00-17.00 UTC', 'No time of day: "09.00", "17.00"'],
    ['monday ٠٩:00-17:00 UTC', 'No time of day'],
    ['monday 17:00-09:00 UTC', 'over midnight are not taken'],
    ['monday 09:00-09:00 UTC', 'does not end after it begins'],
    ['monday 09:00-17:00 +01:00', '"+01:00" is no time zone'],
    ['monday 09:00-17:00 europe/berlin', 'write Europe/Berlin.'],
    ['monday 09:00-17:00 Europe/berlin', 'write Europe/Berlin.'],
    ['monday 09:00-17:00 utc', 'write UTC.'],
    ['monday 09:00-17:00 Europe/Atlantis', 'no time zone that this system has'],
    ['monday 09:00-17:00 Europe', 'no time zone'],
    ['monday 09:00-17:00 Local', 'no time zone'],
    ['monday 09:00-17:00 ../zoneinfo/UTC', 'no time zone'],
    ['monday 09:00-17:00 /UTC', 'no time zone'],
    ['monday 09:00-17:00 posixrules', 'no time zone'],
    ['monday 09:00-17:00 zone.tab', 'no time zone'],
    ['monday 09:00-17:00', 'Write three parts'],
    ['monday  09:00-17:00 UTC', 'Write three parts'],
    ['monday 09:00 - 17:00 UTC', 'Write three parts'],
    [' monday 09:00-17:00 UTC', 'Write three parts'],
    ['monday 09:00-17:00 UTC ', 'Write three parts'],
    ['Always', 'Write three parts'],
    ['never', 'Write three parts'],
  ] as const;

  test.each(noHours)('working hours "%s" are refused with a sentence', (hours, reason) => {
    const said = says({ ALERT_WORKING_HOURS: hours });
    expect(said).toContain(
      `ALERT_WORKING_HOURS is "${hours}"; it takes "always", or days, hours and time zone`,
    );
    expect(said).toContain(reason);
  });

  test('days may be several, and the week begins on Sunday', () => {
    const { workingHours } = readAlertingSettings({
      ALERT_WORKING_HOURS: 'friday:saturday,sunday:monday 09:00-24:00 UTC',
    });
    expect(workingHours?.weekdays).toEqual(['friday:saturday', 'sunday:monday']);
  });

  withTools(`amtool takes whatever working hours are taken here, made by a machine${because}`, async () => {
    const random = randomOf(16);
    const pick = <Thing>(things: readonly Thing[]) => things[Math.floor(random() * things.length)] as Thing;
    const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'mon', ''];
    const part = () => (random() < 0.5 ? pick(days) : `${pick(days)}:${pick(days)}`);
    const time = () =>
      `${String(Math.floor(random() * 26)).padStart(2, '0')}:${pick(['00', '30', '59', '60', '5'])}`;
    const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'GMT', '+01:00', 'utc', 'EST', 'Local'];
    const zone = () => (random() < 0.2 ? pick(zones).toLowerCase() : pick(zones));
    const made = Array.from(
      { length: 4000 },
      () => `${Array.from({ length: pick([1, 1, 2, 3]) }, part).join(',')} ${time()}-${time()} ${zone()}`,
    );
    const taken = made.filter((hours) => says({ ALERT_WORKING_HOURS: hours }) === 'taken');
    expect(taken.length).toBeGreaterThan(50);
    expect(taken.length).toBeLessThan(made.length / 2);
    const { ok, said } = await amtoolOn(
      taken.map((hours) => configurationFor({ ALERT_WORKING_HOURS: hours })),
    );
    expect({ ok, said }).toMatchObject({ ok: true });
  });

  withTools(`amtool takes every time zone that is taken here, under all its names${because}`, async () => {
    const entries = readdirSync('/usr/share/zoneinfo', { recursive: true, encoding: 'utf8' });
    const hours = [...entries, ...Intl.supportedValuesOf('timeZone')]
      .map((zone) => ({ ALERT_WORKING_HOURS: `monday 09:00-17:00 ${zone}` }))
      .filter((environment) => says(environment) === 'taken');
    expect(hours.length).toBeGreaterThan(300);
    expect(await amtoolOn(hours.map(configurationFor))).toMatchObject({ ok: true });
  });

  const noUrls = [
    ...[
      'http://',
      'http:///path',
      'https://?x',
      'http:/one',
      '//host/',
      'ftp://host/',
      'host/',
      'http://a b',
    ],
    ...['http://[::1', 'http://host:port/', 'http://host:99999/', 'http://host/%zz', 'http://host/a\nb'],
    ...['http://ho{{st/', ' http://host/', 'http://host/ ', 'http://host/\u200bx', 'http://user:p|w@host/'],
  ];

  test.each(noUrls)('the URL %j is refused, and not repeated', (url) => {
    expect(says({ ALERT_WEBHOOK_URL: url })).toContain('ALERT_WEBHOOK_URL ');
    expect(says({ ALERT_WATCHDOG_URL: url })).toContain('ALERT_WATCHDOG_URL ');
    expect(says({ ...needed, ALERT_PAGERDUTY_URL: url })).toContain('ALERT_PAGERDUTY_URL ');
    const held = says({ ALERT_WEBHOOK_URL_FILE: file('url', url) });
    // Blanks around it are nothing in a file.
    if (url === url.trim()) expect(held).toContain('which holds no http(s) URL');
  });

  withTools(`amtool takes whatever URL is taken here, made by a machine${because}`, async () => {
    const random = randomOf(17);
    const parts = [
      ...[
        'http://',
        'https://',
        'HTTP://',
        'host',
        '.example',
        ':80',
        ':',
        '/',
        '?',
        '#',
        '@',
        '[',
        ']',
        '::1',
      ],
      ...[
        '%',
        '%41',
        '%zz',
        ' ',
        '\\',
        '{{',
        '}',
        'ü',
        '日',
        '|',
        '"',
        '<',
        '^',
        '`',
        '*',
        '(',
        '&',
        '=',
        '~',
      ],
      ...[
        ';',
        ',',
        '$',
        "'",
        '!',
        '+',
        '-',
        '_',
        '0',
        '999999',
        'user:pw@',
        'xn--',
        '\u0085',
        '\u2028',
        '\ufeff',
      ],
    ];
    const piece = () => parts[Math.floor(random() * parts.length)] ?? '';
    const made = Array.from(
      { length: 4000 },
      () =>
        `${random() < 0.9 ? 'http://h' : ''}${Array.from({ length: 1 + Math.floor(random() * 6) }, piece).join('')}`,
    );
    const taken = made.filter((url) => says({ ALERT_WEBHOOK_URL: url }) === 'taken');
    expect(taken.length).toBeGreaterThan(200);
    const { ok, said } = await amtoolOn(taken.map((url) => configurationFor({ ALERT_WEBHOOK_URL: url })));
    expect({ ok, said: said.slice(0, 2000) }).toMatchObject({ ok: true });
  });

  test.each([
    ['ALERT_SLACK_CHANNEL', 'on call', 'it takes a channel'],
    ['ALERT_SLACK_CHANNEL', '{{ .Status }}', 'it takes a channel'],
    ['ALERT_EMAIL_TO', 'nobody', 'it takes e-mail addresses'],
    ['ALERT_EMAIL_TO', 'a@b.example;c@d.example', 'it takes e-mail addresses'],
    ['ALERT_EMAIL_TO', 'a@b.example,', 'it takes e-mail addresses'],
    ['ALERT_EMAIL_TO', '{{x}}@b.example', 'it takes e-mail addresses'],
    ['ALERT_EMAIL_FROM', 'a@b.example,c@d.example', 'it takes one e-mail address'],
    ['ALERT_SMTP_SERVER', 'mail', 'it takes host:port'],
    ['ALERT_SMTP_SERVER', 'mail:', 'it takes host:port'],
    ['ALERT_SMTP_SERVER', ':25', 'it takes host:port'],
    ['ALERT_SMTP_SERVER', 'mail:0', 'it takes host:port'],
    ['ALERT_SMTP_SERVER', 'mail:65536', 'it takes host:port'],
    ['ALERT_SMTP_SERVER', 'mail:smtp', 'it takes host:port'],
    ['ALERT_SMTP_SERVER', '::1:25', 'it takes host:port'],
    ['ALERT_SMTP_SERVER', 'smtp://mail:25', 'it takes host:port'],
    ['ALERT_SMTP_TLS', 'Required', 'it takes required or optional'],
    ['ALERT_SMTP_USER', 'al\u0085erts', 'holds a character that can’t be seen'.replace('’', "'")],
    ['ALERT_PAGE_TO', 'webhook,', 'names the unknown receiver ""'],
    ['ALERT_PAGE_TO', 'Webhook', 'names the unknown receiver "Webhook"'],
  ])('%s=%j is refused with a sentence', (name, value, sentence) => {
    expect(says({ ...needed, [name]: value })).toContain(`${name} `);
    expect(says({ ...needed, [name]: value })).toContain(sentence);
  });

  withTools(`amtool takes all that is taken of addresses and servers${because}`, async () => {
    const all = [
      { ...needed, ALERT_SMTP_SERVER: '[::1]:25' },
      { ...needed, ALERT_SMTP_SERVER: '127.0.0.1:65535', ALERT_EMAIL_TO: 'a@b.example, c+d@e.example' },
      { ...needed, ALERT_SLACK_CHANNEL: 'C0123456789', ALERT_SMTP_TLS: 'optional' },
      {
        ...needed,
        ALERT_SMTP_USER: 'o"k: {',
        ALERT_SMTP_PASSWORD_FILE: needed['ALERT_PAGERDUTY_KEY_FILE'] ?? '',
      },
    ];
    expect(await amtoolOn(all.map(configurationFor))).toMatchObject({ ok: true });
  });

  test.each([
    ['a folder', () => folder, 'which is a folder'],
    ['blanks', () => file('blank', ' \n'), 'which is empty'],
    ['no address', () => file('none', 'T0/B0/secret'), 'which holds no http(s) URL'],
  ])('a file of a secret that is or holds %s is refused', (_, path, sentence) => {
    const said = says({ ...needed, ALERT_SLACK_URL_FILE: path() });
    expect(said).toMatch(/^ALERT_SLACK_URL_FILE names /);
    expect(said).toContain(sentence);
    expect(said).not.toContain('T0/B0/secret');
  });

  test('a wrong setting leaves the file that render.ts was to replace as it is', () => {
    const path = file('rendered.yaml', 'the one that works\n');
    const before = readdirSync(folder);
    const render = (hours: string) =>
      spawnSync(process.execPath, [resolve(import.meta.dirname, '../alertmanager/render.ts'), path], {
        encoding: 'utf8',
        env: { ALERT_WORKING_HOURS: hours },
      });
    expect(render('friday:monday 09:00-17:00 UTC')).toMatchObject({ status: 1, stdout: '' });
    expect(readFileSync(path, 'utf8')).toBe('the one that works\n');
    expect(render('monday:friday 09:00-17:00 UTC')).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(
      configurationFor({ ALERT_WORKING_HOURS: 'monday:friday 09:00-17:00 UTC' }),
    );
    expect(readdirSync(folder)).toEqual(before);
  });

  withTools(`what amtool refuses is told with what amtool said${because}`, async () => {
    await tool('amtool');
    const candidate = file('candidate.yaml', '{"route": {"receiver": "nobody"}}');
    expect(() => amtoolChecks('/etc/alertmanager.yaml')(candidate)).toThrow(
      /^\/etc\/alertmanager\.yaml is not replaced, since what it would become is refused:\n.*nobody/s,
    );
  });
});
