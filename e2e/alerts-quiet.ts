/**
 * `node e2e/alerts-quiet.ts`: a healthy service under load fires no alert but Watchdog. On a stack of its own
 * with the rules of the drills, whose windows are so short that MINUTES (1) of load go through all of them.
 */
import { join } from 'node:path';
import { runLoad } from '@sightline/loadtest/run.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { integer } from '@sightline/settings/kinds.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { watchContention } from './contention.ts';
import { falseAlarms, watchAlerts } from './fired-alerts.ts';
import { ownStack } from './own-stack.ts';

const { MINUTES: minutes } = readSettings({ MINUTES: { ...integer(1, 60), unset: '1' } }, process.env);

const stack = await ownStack(() => ({ ALERT_WINDOWS: 'drill' }));

async function prove(): Promise<boolean> {
  console.error('starting a stack …');
  if (!(await stack.run('stack/native/cli.ts', 'up'))) return false;
  await using contention = await watchContention();
  const alerts = watchAlerts(`http://127.0.0.1:${stack.port('PROMETHEUS_PORT')}`, contention);
  console.error(`k6 makes journeys for ${minutes} min …`);
  const { summary, output } = await runLoad({
    profile: 'smoke',
    target: `http://127.0.0.1:${stack.port('API_PORT')}`,
    ownAddresses: true,
    directory: join(stack.directory, 'load'),
    testId: 'alerts-quiet',
    seconds: minutes * 60,
  });
  const fired = await alerts.stop();
  if (summary === undefined) throw new Error(`k6 ended before it summed up:\n${output.trim()}`);
  return falseAlarms(fired, [pathsIn(stack.directory).log('api')]).length === 0;
}

let proven = false;
try {
  proven = await prove();
} finally {
  await stack.stop();
}
process.exitCode = proven ? 0 : 1;
