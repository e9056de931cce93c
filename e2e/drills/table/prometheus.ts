/** Prometheus and Alertmanager themselves. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { prometheusConfigurationFolder } from '@sightline/stack/native/scrape-targets.ts';
import type { Drill } from '../drill.ts';
import type { SystemUnderTest } from '../system.ts';

/** Two series are left for one on the right: PromQL refuses to choose, each time it is asked. */
const failingRules = {
  groups: [{ name: 'drill', interval: '1s', rules: [{ record: 'drill:up', expr: 'up * on () up' }] }],
};

/** Breaks a configuration file until the recovery, and has it loaded. */
function breakConfiguration(
  system: SystemUnderTest,
  recovery: AsyncDisposableStack,
  component: string,
  file: string,
): void {
  const before = readFileSync(file);
  recovery.defer(() => {
    writeFileSync(file, before);
    system.send(component, 'SIGHUP');
  });
  writeFileSync(file, '}{ not: yaml\n');
  system.send(component, 'SIGHUP');
}

export const prometheusDrills: readonly Drill[] = [
  {
    alert: 'RuleEvaluationFailing',
    labels: { job: 'prometheus' },
    fault: 'A rule is loaded that can be read but not evaluated',
    within: 20,
    value: [1, 60],
    injectFault(system, recovery) {
      const file = join(prometheusConfigurationFolder(system.settings), 'rules/drill.rules.yaml');
      recovery.defer(() => {
        rmSync(file);
        system.send('prometheus', 'SIGHUP');
      });
      writeFileSync(file, JSON.stringify(failingRules));
      system.send('prometheus', 'SIGHUP');
      return Promise.resolve();
    },
  },
  {
    alert: 'PrometheusNotSendingAlerts',
    labels: { job: 'prometheus' },
    fault: 'The way from Prometheus to Alertmanager is cut for half of the time',
    within: 25,
    value: [0.01, 1],
    alongside: [{ alert: 'TargetDown', job: 'alertmanager' }],
    async injectFault(system, recovery) {
      const way = system.way('alertmanager', recovery);
      let cut = false;
      const timer = setInterval(() => {
        cut = !cut;
        (cut ? way.cut() : way.mend()).catch(() => {});
      }, 1500);
      recovery.defer(() => clearInterval(timer));
      await way.cut();
    },
  },
  {
    alert: 'AlertmanagerNotDelivering',
    labels: { job: 'alertmanager', integration: 'webhook' },
    fault: 'The receiver of the heartbeat refuses connections; that of the tickets takes them',
    within: 25,
    value: [0.01, 1],
    async injectFault(system, recovery) {
      const way = system.way('heartbeat', recovery);
      await way.cut();
    },
  },
  {
    alert: 'ConfigurationReloadFailed',
    variant: 'prometheus',
    labels: { job: 'prometheus' },
    fault: 'Prometheus is told to load a configuration that is no YAML',
    within: 15,
    value: [0, 0],
    injectFault(system, recovery) {
      const file = join(prometheusConfigurationFolder(system.settings), 'prometheus.yaml');
      breakConfiguration(system, recovery, 'prometheus', file);
      return Promise.resolve();
    },
  },
  {
    alert: 'ConfigurationReloadFailed',
    variant: 'alertmanager',
    labels: { job: 'alertmanager' },
    fault: 'Alertmanager is told to load a configuration that is no YAML',
    within: 15,
    value: [0, 0],
    injectFault(system, recovery) {
      const { data } = pathsIn(system.settings.stackDirectory);
      const file = join(data('alertmanager'), 'configuration/alertmanager.yaml');
      breakConfiguration(system, recovery, 'alertmanager', file);
      return Promise.resolve();
    },
  },
];
