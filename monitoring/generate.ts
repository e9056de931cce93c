/** `node monitoring/generate.ts` writes the configurations that are under version control; `--check` names stale ones. */

import { generate } from '@sightline/tools/generated-files.ts';
import { stringify } from 'yaml';
import { alertmanagerConfiguration } from './alertmanager/configuration.ts';
import { readAlertingSettings } from './alertmanager/settings.ts';
import { datasources, grafanaEnvironments } from './grafana/provisioning.ts';
import { prometheusConfiguration } from './prometheus/configuration.ts';
import { environments } from './prometheus/jobs.ts';

const yaml = (source: string, configuration: object | Promise<object>) => async () =>
  `# Generated from ${source} by make generate.\n${stringify(await configuration, { aliasDuplicateObjects: false, lineWidth: 110 })}`;

await generate({
  ...Object.fromEntries(
    environments.map((environment) => [
      `monitoring/prometheus/generated/${environment}.yaml`,
      yaml('monitoring/prometheus/jobs.ts', prometheusConfiguration(environment)),
    ]),
  ),
  ...Object.fromEntries(
    grafanaEnvironments.map((environment) => [
      `monitoring/grafana/generated/${environment}/datasources.yaml`,
      yaml('monitoring/grafana/provisioning.ts', datasources(environment)),
    ]),
  ),
  'monitoring/alertmanager/generated/alertmanager.yaml': yaml(
    'monitoring/alertmanager/',
    // With nothing set: webhooks only, so that the file holds for whoever has no account anywhere.
    alertmanagerConfiguration(readAlertingSettings({ ALERT_WEBHOOK_URL: 'http://webhook:9095/' })),
  ),
});
