import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type AlertingRule, isAlert, type RuleGroup } from '@sightline/alerts/rules.ts';
import { quietPanels } from '@sightline/dashboards/quiet-panels.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { table } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { randomOf } from '@sightline/testkit/random.ts';
import { parse } from 'yaml';
import { faults } from '../chaos/faults.ts';
import { type AlertPattern, nameOf } from '../drills/drill.ts';
import { drills, inhibitionDrills, pendingDrills } from '../drills/drills.ts';
import { differences } from '../drills/left-behind.ts';
import { choose, exercises, inAnyOrder } from '../drills/run-drills.ts';
import { readDrillSettings } from '../drills/settings.ts';
import { SystemUnderTest } from '../drills/system.ts';
import { tellsOfBusyMachine, timed } from '../fired-alerts.ts';
import { loadDashboards } from '../verify/dashboards.ts';

/** The folder of the rules that drills run on, those of parts that come later among them. */
const folder = join(checkout, 'alerts/generated/drill');
const alerts: readonly AlertingRule[] = readdirSync(folder)
  .flatMap((file) => (parse(readFileSync(join(folder, file), 'utf8')) as { groups: RuleGroup[] }).groups)
  .flatMap(({ rules }) => rules.filter(isAlert));
const fires = [...new Set(alerts.map(({ alert }) => alert))].filter((alert) => alert !== 'Watchdog');

/** Whether rules can make an alert of a pattern: the labels of the rule have to fit, others come with the series. */
const canFire = ({ alert: name, ...labels }: AlertPattern) =>
  alerts.some(
    (rule) =>
      rule.alert === name &&
      Object.entries(labels).every(([label, value]) => (rule.labels[label] ?? value) === value),
  );

describe('the table of drills', () => {
  test('has every alert, either drilled or pending with a reason', () => {
    const drilled = new Set(drills.map(({ alert }) => alert));
    const pending = new Set(pendingDrills.map(({ alert }) => alert));
    expect([...drilled, ...pending].sort()).toEqual(fires.toSorted());
    for (const { because } of pendingDrills) expect(because).not.toBe('');
  });

  test('drills each rule of an alert that has several', () => {
    const own = (rule: AlertingRule) =>
      Object.entries(rule.labels).filter(([label]) => !['severity', 'kind'].includes(label));
    const undrilled = alerts.filter((rule) => {
      const candidates = drills.filter(({ alert }) => alert === rule.alert);
      return (
        candidates.length > 0 &&
        !candidates.some(({ labels = {} }) => own(rule).every(([label, value]) => labels[label] === value))
      );
    });
    expect(undrilled.map(({ alert, labels }) => ({ alert, ...labels }))).toEqual([]);
  });

  test('names each drill once', () => {
    const names = exercises.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(faults.map((fault) => [fault.name, fault] as const))(
    'the fault %s of chaos allows alerts that there are',
    (_, { allows }) => {
      expect(allows.filter((pattern) => !canFire(pattern))).toEqual([]);
    },
  );

  test.each(drills.map((drill) => [nameOf(drill), drill] as const))(
    '%s expects alerts that there are',
    (_, { alert, labels = {}, alongside = [] }) => {
      expect([{ alert, ...labels }, ...alongside].filter((pattern) => !canFire(pattern))).toEqual([]);
    },
  );

  test.each(inhibitionDrills.map((drill) => [drill.name, drill] as const))(
    '%s expects alerts that there are',
    (_, { inhibited, by, alongside = [] }) => {
      expect([inhibited, by, ...alongside].filter((pattern) => !canFire(pattern))).toEqual([]);
    },
  );

  test('proves each panel that make verify leaves to the drills, and no panel that there is not', () => {
    const key = ({ dashboard, panel }: { dashboard: string; panel: string }) => `${dashboard}: ${panel}`;
    const shown = drills.flatMap(({ shows = [] }) => shows.map(key));
    const leftToDrills = quietPanels.filter(({ inDrills }) => inDrills).map(key);
    expect(leftToDrills.filter((panel) => !shown.includes(panel))).toEqual([]);
    const there = loadDashboards().flatMap(({ queries }) => queries.map(key));
    expect(shown.filter((panel) => !there.includes(panel))).toEqual([]);
  });
});

describe('an alert on a busy machine', () => {
  test.each(timed)('%s is one that there is', (alert) => {
    expect(fires).toContain(alert);
  });

  test('is true when it is about time, and when the machine was busy', () => {
    const tells = (alertname: string, slowdown: number) =>
      tellsOfBusyMachine({ labels: { alertname }, slowdown });
    expect(tells('TargetDown', 5)).toBe(true);
    expect(tells('TargetDown', 1.5)).toBe(false);
    expect(tells('LogLinesLost', 5)).toBe(false);
  });
});

test('a deadline lasts as many times as long as the machine is slower', async () => {
  const contention = {
    slowdown: () => 5,
    worstSlowdown: () => 9,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const settings = readSettings(table.components, {});
  const system = new SystemUnderTest(settings, AbortSignal.timeout(60_000), contention);
  const began = performance.now();
  await expect(system.until(() => false, 0.2, 'It did not come')).rejects.toThrow(
    'It did not come within 0.2 s',
  );
  expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
});

describe('the order of drills', () => {
  const order = (seed: number, ...names: string[]) =>
    inAnyOrder(choose(names), randomOf(seed)).map(({ name }) => name);

  test('is one of all, the same for the same seed, another for another', () => {
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect(order(1).toSorted()).toEqual(exercises.map(({ name }) => name).sort());
  });

  test('stays when fewer are chosen', () => {
    const some = ['BackupMissing', 'RestoreDrillStale', 'TargetDown', 'Watchdog'];
    const all = order(7).filter((name) => some.includes(name.replace(/\/.*/, '')));
    expect(order(7, ...some)).toEqual(all);
  });

  test('is a new one each time', () => {
    expect(readDrillSettings({}).seed).not.toBe(readDrillSettings({}).seed);
  });
});

describe('what a drill leaves behind', () => {
  test('is said of what is not as before', () => {
    const before = new Map([
      ['components', 'api ready'],
      ['memory limit', 'false'],
    ]);
    expect(differences(before, new Map(before))).toEqual([]);
    expect(differences(before, new Map(before).set('components', 'api stopped'))).toEqual([
      'It leaves components changed: api ready before, api stopped now.',
    ]);
  });
});

describe('the choice of drills', () => {
  test('takes the name of an alert, or of one drill of it', () => {
    const names = (...given: string[]) => choose(given).map(({ name }) => name);
    expect(names('DatabaseUnreachable')).toEqual([
      'DatabaseUnreachable/stopped',
      'DatabaseUnreachable/paused',
      'DatabaseUnreachable/cut',
    ]);
    expect(names('DatabaseUnreachable/cut', 'TargetDown')).toEqual(['TargetDown', 'DatabaseUnreachable/cut']);
    expect(names()).toEqual(exercises.map(({ name }) => name));
  });

  test('says which names there are when it gets another', () => {
    expect(() => choose(['DatabaseUnreachabel'])).toThrow(
      /There is no drill of DatabaseUnreachabel. ALERT takes: .*DatabaseUnreachable, /,
    );
  });

  test('names every wrong setting at once', () => {
    const environment = { QUICK: 'yes', FAULT: 'no', TIMES: '0' };
    expect(() => readDrillSettings(environment)).toThrow(
      'QUICK is "yes"; it takes 0 or 1.\nFAULT is "no"; it takes 0 or 1.',
    );
    expect(() => readDrillSettings(environment)).toThrow('TIMES is "0"; it takes an integer from 1 to 100.');
    expect(readDrillSettings({ SEED: '29873645102' })).toEqual({
      alerts: [],
      quick: false,
      withoutFault: false,
      times: 1,
      seed: 29_873_645_102,
    });
  });
});
