import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { type RunningProgram, startReceiver } from '@sightline/testkit/programs.ts';
import { tool } from '@sightline/tools/tools.ts';
import { alertmanagerConfiguration, type Timing } from '../alertmanager/configuration.ts';
import { readAlertingSettings } from '../alertmanager/settings.ts';
import { startMailServer } from './support/mail-server.ts';
import { missingTools, newFolder, startAlertmanager } from './support/programs.ts';

type Labels = Readonly<Record<string, string>>;
interface Notification {
  receiver: string;
  status: string;
  groupKey: string;
  alerts: { labels: Labels; status: string }[];
}

const because = missingTools === undefined ? '' : ` (skipped: ${missingTools})`;
const withTools = missingTools === undefined ? test : test.skip;
const quick: Timing = {
  pageWait: '700ms',
  ticketWait: '700ms',
  groupInterval: '1s',
  pageRepeat: '1h',
  ticketRepeat: '1h',
  reminder: '1h',
  lastReminder: '1h',
  reminderWait: '1h',
  reminderCheck: '1h',
  heartbeatCheck: '300ms',
  heartbeat: '500ms',
};

/** A day that is neither today nor next to it, anywhere on Earth. */
const anotherDay = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' })
  .format(Date.now() + 3 * 86_400_000)
  .toLowerCase();

const slo = (more: Labels) => ({
  alertname: 'SLOErrorBudgetBurn',
  kind: 'symptom',
  slo: 'availability',
  ...more,
});
const cause = (more: Labels) => ({
  alertname: 'EventLoopLag',
  kind: 'cause',
  severity: 'ticket',
  instance: 'a:1',
  ...more,
});
const targetDown = (more: Labels = {}) => ({
  alertname: 'TargetDown',
  kind: 'cause',
  severity: 'ticket',
  instance: 'a:1',
  ...more,
});

interface Case {
  behaviour: string;
  /** Those that reach their receiver, and it. */
  reach?: readonly [labels: Labels, receiver: 'page' | 'ticket' | 'watchdog'][];
  /** Those that another of the case silences. */
  inhibited?: readonly Labels[];
  hours?: string;
}

const cases: readonly Case[] = [
  {
    behaviour: 'a symptom pages and a ticket is a ticket, be it a symptom or a cause',
    reach: [
      [slo({ severity: 'page', window: '1h' }), 'page'],
      [slo({ slo: 'latency', severity: 'ticket', window: '3d' }), 'ticket'],
      [cause({}), 'ticket'],
    ],
  },
  {
    behaviour: 'an alert of an unknown severity, or of none, is heard at once',
    reach: [
      [{ alertname: 'Strange', severity: 'disaster' }, 'page'],
      [{ alertname: 'Nameless' }, 'page'],
    ],
    hours: `${anotherDay} 00:00-24:00 UTC`,
  },
  {
    behaviour: 'a target that is down silences the causes of its own instance only',
    reach: [
      [targetDown(), 'ticket'],
      [cause({ instance: 'b:1' }), 'ticket'],
    ],
    inhibited: [cause({}), cause({ alertname: 'MemoryNearLimit' })],
  },
  {
    behaviour: 'a target that is down silences no symptom, not even of its own instance',
    reach: [
      [targetDown(), 'ticket'],
      [{ alertname: 'ProbeFailing', kind: 'symptom', severity: 'page', instance: 'a:1' }, 'page'],
      [slo({ severity: 'page', window: '1h' }), 'page'],
      [slo({ slo: 'latency', severity: 'ticket', window: '3d', instance: 'a:1' }), 'ticket'],
    ],
  },
  {
    behaviour:
      'targets that are down do not silence each other, and one without an instance silences nothing',
    reach: [
      [targetDown({ instance: '' }), 'ticket'],
      [targetDown({ job: 'node' }), 'ticket'],
      [targetDown({ job: 'todo-api' }), 'ticket'],
      [cause({ instance: '' }), 'ticket'],
    ],
  },
  {
    behaviour: 'a page silences the ticket of the same alert, service and SLO, and no other',
    reach: [
      [slo({ severity: 'ticket', window: '3d', job: 'another-api' }), 'ticket'],
      [slo({ severity: 'page', window: '1h' }), 'page'],
      [slo({ slo: 'latency', severity: 'ticket', window: '3d' }), 'ticket'],
      [{ alertname: 'Other', kind: 'symptom', slo: 'availability', severity: 'ticket' }, 'ticket'],
    ],
    inhibited: [slo({ severity: 'ticket', window: '3d' })],
  },
  {
    behaviour: 'a ticket never silences the page of the same alert',
    reach: [[slo({ severity: 'page', window: '1h' }), 'page']],
    inhibited: [slo({ severity: 'ticket', window: '1d' })],
  },
  {
    behaviour: 'a cause that pages silences neither the symptom nor its tickets',
    reach: [
      [{ alertname: 'DatabaseUnreachable', kind: 'cause', severity: 'page', instance: 'a:1' }, 'page'],
      [slo({ severity: 'page', window: '1h', instance: 'a:1' }), 'page'],
      [slo({ slo: 'latency', severity: 'ticket', window: '3d', instance: 'a:1' }), 'ticket'],
    ],
    inhibited: [{ alertname: 'DatabaseUnreachable', kind: 'cause', severity: 'ticket', instance: 'a:1' }],
  },
  {
    behaviour: 'outside working hours everything is sent as it begins',
    reach: [
      [slo({ severity: 'page', window: '1h' }), 'page'],
      [{ alertname: 'Watchdog', severity: 'none' }, 'watchdog'],
      [cause({}), 'ticket'],
      [slo({ slo: 'latency', severity: 'ticket', window: '3d' }), 'ticket'],
    ],
    hours: `${anotherDay} 00:00-24:00 UTC`,
  },
  {
    behaviour: 'within working hours tickets are sent',
    reach: [[cause({}), 'ticket']],
    hours: 'sunday:saturday 00:00-24:00 UTC',
  },
];

describe('a real Alertmanager', () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let alertmanager: RunningProgram | undefined;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await alertmanager?.stop();
    alertmanager = undefined;
  });
  afterAll(() => receiver.stop());

  const everyDay = 'sunday:saturday 00:00-24:00 UTC';
  const notToday = `${anotherDay} 00:00-24:00 UTC`;

  /** Each with a path of its own, so that the notifications of one test are its own. */
  async function startFor(name: string, hours = 'always', timing = quick) {
    const configuration = (at: string) =>
      alertmanagerConfiguration(
        readAlertingSettings({
          ALERT_WEBHOOK_URL: `http://${receiver.address}/${name}`,
          ALERT_WORKING_HOURS: at,
        }),
        timing,
      );
    const running = await startAlertmanager(configuration(hours));
    alertmanager = running;
    return {
      running,
      /** Reloads as when hours begin or end: it keeps its notifications and the alerts that fire. */
      async changeHours(now: string) {
        writeFileSync(join(running.folder, 'alertmanager.yaml'), JSON.stringify(configuration(now)));
        expect((await fetch(`${running.url}/-/reload`, { method: 'POST' })).status).toBe(200);
      },
      notifications: () =>
        receiver.requests
          .filter(({ path }) => path === `/${name}`)
          .map(({ body }) => JSON.parse(body) as Notification),
    };
  }

  test.each(missingTools === undefined ? cases : [])(
    '$behaviour',
    async ({ reach = [], inhibited = [], hours }) => {
      const { running, notifications } = await startFor(
        `case-${cases.findIndex((one) => one.reach === reach)}`,
        hours,
      );
      await post(running, [...reach.map(([labels]) => labels), ...inhibited]);

      const received = () =>
        new Set(
          notifications().flatMap((one) =>
            one.alerts.map(({ labels }) => `${nameOf(labels)} -> ${one.receiver}`),
          ),
        );
      const expected = new Set(reach.map(([labels, name]) => `${nameOf(labels)} -> ${name}`));
      await eventually(() => expected.isSubsetOf(received()));
      // Alertmanager's own word on the others: that they have not arrived yet proves little.
      await eventually(async () => (await inhibitedAlerts(running)).size === inhibited.length);
      expect(await inhibitedAlerts(running)).toEqual(new Set(inhibited.map(nameOf)));
      expect(received()).toEqual(expected);
    },
  );

  withTools(
    `alerts that belong together are one notification, and its end is sent too${because}`,
    async () => {
      const { running, notifications } = await startFor('group');
      const both = [cause({}), cause({ instance: 'b:1' })];
      await post(running, both);
      await eventually(() => notifications().length > 0);
      expect(notifications()[0]).toMatchObject({ receiver: 'ticket', status: 'firing', alerts: [{}, {}] });
      await post(running, both, new Date());
      await eventually(() => notifications().some(({ status }) => status === 'resolved'));
      // Alertmanager may look between the ends of the two, and then tells of each.
      expect(new Set(notifications().map(({ groupKey }) => groupKey)).size).toBe(1);
    },
  );

  withTools(
    `a ticket that ends outside working hours is resolved at its receiver, and said once${because}`,
    async () => {
      const { running, notifications, changeHours } = await startFor('ends-outside', everyDay);
      await post(running, [cause({})]);
      await eventually(() => notifications().length > 0);
      await changeHours(notToday);
      await post(running, [cause({})], new Date());
      await eventually(() => notifications().some(({ status }) => status === 'resolved'));
      await changeHours(everyDay);
      // Another group's way through all of it: what the first had to say it has said by then.
      await post(running, [cause({ alertname: 'Later' })]);
      await eventually(() => notifications().length > 2);
      expect(notifications().map(({ status, alerts }) => [status, alerts[0]?.labels['alertname']])).toEqual([
        ['firing', 'EventLoopLag'],
        ['resolved', 'EventLoopLag'],
        ['firing', 'Later'],
      ]);
    },
  );

  withTools(
    `a ticket that begins outside working hours and ends in them is resolved too${because}`,
    async () => {
      const { running, notifications, changeHours } = await startFor('begins-outside', notToday);
      await post(running, [cause({})]);
      await eventually(() => notifications().length > 0);
      await changeHours(everyDay);
      await post(running, [cause({})], new Date());
      await eventually(() => notifications().length > 1);
      expect(notifications().map(({ status }) => status)).toEqual(['firing', 'resolved']);
    },
  );

  withTools(`a ticket that lasts has reminders in working hours, and none outside${because}`, async () => {
    const reminding: Timing = { ...quick, reminder: '1s', reminderWait: '1500ms', reminderCheck: '1100ms' };
    const { running, notifications, changeHours } = await startFor('reminders', notToday, reminding);
    const muted = async () => {
      const metrics = await (await fetch(`${running.url}/metrics`)).text();
      return Number(/suppressed_total\{reason="active_time_interval"\} (\d+)/.exec(metrics)?.[1]);
    };
    await post(running, [cause({})]);
    // Three that were due, and not sent.
    await eventually(async () => notifications().length > 0 && (await muted()) >= 3);
    expect(notifications()).toHaveLength(1);
    await changeHours(everyDay);
    await eventually(() => notifications().length >= 3);
    expect(new Set(notifications().map(({ status }) => status))).toEqual(new Set(['firing']));
  });

  withTools(`Watchdog's heartbeat is repeated and stops with Alertmanager${because}`, async () => {
    const { running, notifications } = await startFor('watchdog');
    await post(running, [{ alertname: 'Watchdog', severity: 'none' }]);
    await eventually(() => notifications().length >= 4);
    expect(new Set(notifications().map((one) => one.receiver))).toEqual(new Set(['watchdog']));
  });
});

describe('receivers by configuration', () => {
  const secrets = { slack: 'T0/B0/slack-secret', pagerduty: 'pagerduty-secret', password: 'smtp-secret' };
  const annotations = {
    summary: 'Requests fail too often',
    description: '3.2 % of the requests of the last hour failed.',
    runbook_url: 'https://runbooks.example/SLOErrorBudgetBurn',
    dashboard_url: 'https://grafana.example/d/slo',
  };

  withTools(
    `Slack, PagerDuty and e-mail get the summary, the value, the runbook and the dashboard${because}`,
    async () => {
      const receiver = await startReceiver((path) => ({
        body: path.startsWith('/pagerduty') ? '{"status":"success","dedup_key":"x"}' : 'ok',
        type: path.startsWith('/pagerduty') ? 'application/json' : 'text/plain',
      }));
      const mail = await startMailServer();
      const folder = newFolder();
      const secretFile = (name: string, content: string) => {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      };
      const configuration = alertmanagerConfiguration(
        readAlertingSettings({
          ALERT_PAGE_TO: 'slack,email,pagerduty,webhook',
          ALERT_WEBHOOK_URL: `http://${receiver.address}/webhook`,
          ALERT_SLACK_URL_FILE: secretFile('slack', `http://${receiver.address}/slack/${secrets.slack}`),
          ALERT_SLACK_CHANNEL: '#on-call',
          ALERT_PAGERDUTY_KEY_FILE: secretFile('pagerduty', secrets.pagerduty),
          ALERT_PAGERDUTY_URL: `http://${receiver.address}/pagerduty`,
          ALERT_EMAIL_TO: 'on-call@sightline.example',
          ALERT_EMAIL_FROM: 'alerts@sightline.example',
          ALERT_SMTP_SERVER: mail.address,
          ALERT_SMTP_TLS: 'optional',
          ALERT_SMTP_USER: 'alerts',
          ALERT_SMTP_PASSWORD_FILE: secretFile('smtp', secrets.password),
        }),
        quick,
      );
      for (const secret of Object.values(secrets))
        expect(JSON.stringify(configuration)).not.toContain(secret);
      const alertmanager = await startAlertmanager(configuration);
      try {
        await post(alertmanager, [slo({ severity: 'page', window: '1h' })], undefined, annotations);
        const bodyOf = (path: string) =>
          receiver.requests.find((request) => request.path.startsWith(path))?.body;
        await eventually(
          () =>
            ['/slack', '/pagerduty', '/webhook'].every((path) => bodyOf(path) !== undefined) &&
            mail.received().includes('Dashboard:'),
          20_000,
        );
        expect(receiver.requests.some(({ path }) => path === `/slack/${secrets.slack}`)).toBe(true);
        const [slack] = JSON.parse(bodyOf('/slack') ?? '').attachments;
        expect(JSON.parse(bodyOf('/slack') ?? '').channel).toBe('#on-call');
        expect(slack).toMatchObject({
          title: 'PAGE: SLOErrorBudgetBurn (availability)',
          title_link: annotations.runbook_url,
          color: 'danger',
        });
        const pagerduty = JSON.parse(bodyOf('/pagerduty') ?? '');
        expect(pagerduty).toMatchObject({
          routing_key: secrets.pagerduty,
          event_action: 'trigger',
          payload: { summary: 'PAGE: SLOErrorBudgetBurn (availability)', severity: 'critical' },
          links: [
            { text: 'Runbook', href: annotations.runbook_url },
            { text: 'Dashboard', href: annotations.dashboard_url },
          ],
        });
        expect(mail.received()).toMatch(/^Subject: PAGE: SLOErrorBudgetBurn \(availability\)/m);
        for (const text of [slack.text, pagerduty.payload.custom_details.alerts, mail.received()]) {
          expect(text).toContain(annotations.summary);
          expect(text).toContain(annotations.description);
          expect(text).toContain(`Runbook: ${annotations.runbook_url}`);
          expect(text).toContain(`Dashboard: ${annotations.dashboard_url}`);
        }
      } finally {
        await alertmanager.stop();
        receiver.stop();
        mail.stop();
        rmSync(folder, { recursive: true });
      }
    },
  );

  withTools(`amtool finds nothing wrong with the configuration under version control${because}`, async () => {
    const folder = newFolder();
    const source = resolve(import.meta.dirname, '../alertmanager');
    cpSync(join(source, 'templates'), join(folder, 'templates'), { recursive: true });
    cpSync(join(source, 'generated/alertmanager.yaml'), join(folder, 'alertmanager.yaml'));
    const checked = spawnSync(await tool('amtool'), ['check-config', join(folder, 'alertmanager.yaml')], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    expect({ status: checked.status, says: checked.stdout + checked.stderr }).toMatchObject({
      status: 0,
      says: expect.stringContaining('1 templates'),
    });
  });
});

describe('settings', () => {
  const refusal = (environment: Record<string, string>) => {
    try {
      readAlertingSettings(environment);
      return 'accepted';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    [
      'an unknown receiver',
      { ALERT_PAGE_TO: 'webhook,teams' },
      /^ALERT_PAGE_TO names the unknown receiver "teams"; known: webhook, slack, email, pagerduty\.$/,
    ],
    [
      'a secret file that is not there',
      { ALERT_PAGE_TO: 'pagerduty', ALERT_PAGERDUTY_KEY_FILE: '/nowhere/key' },
      /^ALERT_PAGERDUTY_KEY_FILE names \/nowhere\/key, which does not exist\.$/,
    ],
    [
      'a secret file that is empty',
      { ALERT_WEBHOOK_URL_FILE: '/dev/null' },
      /^ALERT_WEBHOOK_URL_FILE names \/dev\/null, which is empty\.$/,
    ],
    [
      'a receiver without what it needs',
      { ALERT_TICKET_TO: 'slack' },
      /^ALERT_SLACK_URL_FILE is not set; the receiver slack needs it\.\nALERT_SLACK_CHANNEL is not set/,
    ],
    [
      'an SMTP server without a port',
      { ALERT_PAGE_TO: 'email', ALERT_EMAIL_TO: 'a@b', ALERT_EMAIL_FROM: 'a@b', ALERT_SMTP_SERVER: 'mail' },
      /^ALERT_SMTP_SERVER is "mail"; it takes host:port\.$/,
    ],
    [
      'hours that end before they start',
      { ALERT_WORKING_HOURS: 'monday:friday 17:00-09:00 UTC' },
      /^ALERT_WORKING_HOURS is "monday:friday 17:00-09:00 UTC"; it takes "always", or days/,
    ],
    ['a day that there is not', { ALERT_WORKING_HOURS: 'mon:fri 09:00-17:00 UTC' }, /^ALERT_WORKING_HOURS/],
    [
      'a time zone that there is not',
      { ALERT_WORKING_HOURS: 'monday 09:00-17:00 Europe/Atlantis' },
      /^ALERT_WORKING_HOURS/,
    ],
  ] as const)('%s is a sentence that names it', (_, environment, sentence) => {
    expect(refusal(environment)).toMatch(sentence);
  });

  const readme = readFileSync(resolve(import.meta.dirname, '../alertmanager/README.md'), 'utf8');
  const source = readFileSync(resolve(import.meta.dirname, '../alertmanager/settings.ts'), 'utf8');
  test.each([...new Set(source.match(/ALERT_[A-Z_]*[A-Z]/g))])('%s is described in the README', (name) => {
    expect(readme).toContain(`\`${name}\``);
  });

  test('render.ts prints nothing when a setting is wrong, and what Alertmanager reads when none is', () => {
    const render = (env: Record<string, string>) =>
      spawnSync(process.execPath, [resolve(import.meta.dirname, '../alertmanager/render.ts')], {
        encoding: 'utf8',
        env,
      });
    const wrong = {
      ALERT_TICKET_TO: 'slack',
      ALERT_SLACK_URL_FILE: '/nowhere/url',
      ALERT_SLACK_CHANNEL: '#x',
    };
    expect(render(wrong)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'ALERT_SLACK_URL_FILE names /nowhere/url, which does not exist.\n',
    });
    const right = render({ ALERT_WORKING_HOURS: 'always' });
    expect(right).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(right.stdout)).toEqual(
      alertmanagerConfiguration(readAlertingSettings({ ALERT_WORKING_HOURS: 'always' })),
    );
  });

  test('a URL that is none is not repeated, for it may hold a token', () => {
    const said = refusal({ ALERT_WEBHOOK_URL: 'htps://hooks.example/token-123' });
    expect(said).toBe('ALERT_WEBHOOK_URL is not an http(s) URL.');
  });
});

/** Fires alerts; with `endsAt` they have ended then. */
async function post(
  { url }: RunningProgram,
  alerts: readonly Labels[],
  endsAt?: Date,
  annotations: Labels = { summary: 'x' },
): Promise<void> {
  // Alertmanager doesn't wait with a group whose alert began longer ago than that: one would race its inhibition.
  const startsAt = new Date().toISOString();
  const body = alerts.map((labels) => ({
    labels,
    annotations,
    startsAt,
    ...(endsAt && { endsAt: endsAt.toISOString() }),
  }));
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

interface AlertGroup {
  alerts: { labels: Labels; status: { inhibitedBy: string[] } }[];
}

async function inhibitedAlerts({ url }: RunningProgram): Promise<Set<string>> {
  const groups = (await (await fetch(`${url}/api/v2/alerts/groups`)).json()) as AlertGroup[];
  return new Set(
    groups
      .flatMap(({ alerts }) => alerts)
      .filter(({ status }) => status.inhibitedBy.length > 0)
      .map(({ labels }) => nameOf(labels)),
  );
}

/** An empty label is none. */
function nameOf(labels: Labels): string {
  const entries = Object.entries(labels).filter(([, value]) => value !== '');
  return entries
    .sort()
    .map((pair) => pair.join('='))
    .join(' ');
}
