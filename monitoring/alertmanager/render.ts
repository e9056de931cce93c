/**
 * `node monitoring/alertmanager/render.ts` prints the configuration for the `ALERT_…` variables of the environment, for
 * an Alertmanager elsewhere. A wrong setting is a sentence on stderr, exit code 1, and nothing is printed.
 */
import { alertmanagerConfiguration } from './configuration.ts';
import { readAlertingSettings } from './settings.ts';

try {
  // JSON is YAML too.
  console.log(JSON.stringify(alertmanagerConfiguration(readAlertingSettings(process.env)), null, 2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
