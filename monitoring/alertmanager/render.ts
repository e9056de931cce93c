/**
 * For an Alertmanager elsewhere, by the `ALERT_…` variables of the environment:
 *
 *     node monitoring/alertmanager/render.ts alertmanager.yaml
 *
 * replaces that file, after amtool has looked at the new one where there is an amtool; without a path it prints. A wrong
 * setting is a sentence on stderr and exit code 1; nothing is printed, and the file stays as it is.
 */
import { replaceChecked } from '@sightline/tools/checked-file.ts';
import { amtoolChecks } from './check.ts';
import { alertmanagerConfiguration } from './configuration.ts';
import { readAlertingSettings } from './settings.ts';

try {
  // JSON is YAML too.
  const text = JSON.stringify(alertmanagerConfiguration(readAlertingSettings(process.env)), null, 2);
  const path = process.argv[2];
  // Readable by Alertmanager, whoever that is there: secrets are in files of their own.
  if (path !== undefined) replaceChecked(path, `${text}\n`, amtoolChecks(path), 0o644);
  else console.log(text);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
