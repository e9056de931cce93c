/** Whom the Alertmanager of a stack in Docker tells, by the same variables as natively (monitoring/alertmanager/README.md). */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { alertmanagerConfiguration } from '../../monitoring/alertmanager/configuration.ts';
import { readAlertingSettings } from '../../monitoring/alertmanager/settings.ts';
import { replaceFile } from '../native/atomic-file.ts';
import { pathsIn } from '../native/stack-directory.ts';

/** Its configuration, and a compose file that mounts the secrets which that refers to. */
export function alertingFiles(stackDirectory: string) {
  const folder = pathsIn(stackDirectory).data('compose');
  return {
    folder,
    configuration: join(folder, 'alertmanager.yaml'),
    mounts: join(folder, 'alerting-secrets.yaml'),
  };
}

/** Writes both. @throws AlertingSettingsError when a variable is wrong */
export function writeAlerting(stackDirectory: string, environment: NodeJS.ProcessEnv): void {
  const { ALERT_WINDOWS: windows = '' } = environment;
  if (windows !== '' && windows !== 'real')
    throw new Error(
      `ALERT_WINDOWS=${windows} is for native stacks (STACK=native), as \`make drill\` starts them.`,
    );
  const settings = readAlertingSettings({
    ALERT_WEBHOOK_URL: 'http://webhook:9095/',
    // Whoever tries a stack wants to see its tickets at once; what the environment says is stronger.
    ALERT_WORKING_HOURS: 'always',
    ...environment,
  });
  // At the same path as here.
  const secrets = Object.entries(environment)
    .filter(([name, path]) => /^ALERT_\w+_FILE$/.test(name) && path)
    .map(([, path = '']) => resolve(path))
    .map((path) => ({ type: 'bind', source: path, target: path, read_only: true }));
  const { folder, configuration, mounts } = alertingFiles(stackDirectory);
  mkdirSync(folder, { recursive: true });
  // JSON is YAML too. Readable by the user of its container.
  replaceFile(configuration, `${JSON.stringify(alertmanagerConfiguration(settings), null, 2)}\n`, 0o644);
  const override = { services: secrets.length === 0 ? {} : { alertmanager: { volumes: secrets } } };
  replaceFile(mounts, `${JSON.stringify(override, null, 2)}\n`);
}
