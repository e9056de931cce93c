/**
 * Catches what Alertmanager sends by webhook, keeps the newest, and notices when the heartbeat of Watchdog stays away.
 * For stacks without anybody to wake, for tests and for drills.
 */
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { AlertFile } from './alert-file.ts';
import { DeadMansSwitch } from './dead-mans-switch.ts';
import { catcherServer } from './server.ts';
import { readCatcherSettings } from './settings.ts';

const lookMilliseconds = 1000;

onInterrupt(() => process.exit(0));

try {
  const { host, port, file, keep, silenceSeconds, ...shown } = readCatcherSettings(process.env);
  const say = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  const deadMansSwitch = new DeadMansSwitch(silenceSeconds, Date.now(), say);
  const server = catcherServer(new AlertFile(file, keep), deadMansSwitch, shown);
  server.on('error', (error) => {
    say(`Can't listen on ${host}:${port} (WEBHOOK_HOST, WEBHOOK_PORT): ${error.message}`);
    process.exit(1);
  });
  server.listen(port, host, () =>
    say(`Catching alerts at http://${host}:${port}/, keeping ${keep} in ${file}`),
  );
  setInterval(() => deadMansSwitch.look(Date.now()), lookMilliseconds);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
