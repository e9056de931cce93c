/** The settings of the catcher. */
import { fixedPort, integer, matching, optional, text } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

const settings = {
  WEBHOOK_HOST: { ...text('an address to listen on'), unset: '127.0.0.1' },
  WEBHOOK_PORT: { ...fixedPort, unset: '9095' },
  // JSON lines, an alert each.
  WEBHOOK_FILE: text('the path of a file to keep alerts in'),
  // How many of the newest are kept.
  WEBHOOK_KEEP: { ...integer(1, 100_000), unset: '1000' },
  // Without a heartbeat of Watchdog, after which its senders count as dead.
  WATCHDOG_SILENCE_SECONDS: { ...integer(1, 86_400), unset: '180' },
  // Where nothing else shows them.
  WEBHOOK_RUNBOOKS: optional(text('the path of a folder of runbooks to show')),
  // That it is asked by, beside `localhost` and its addresses; unset it is what compose and Kubernetes call it.
  WEBHOOK_NAMES: { ...matching('host names, separated by commas', /^[^\s,]+(,[^\s,]+)*$/), unset: 'webhook' },
};

export type CatcherSettings = ReturnType<typeof readCatcherSettings>;

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readCatcherSettings(environment: Environment) {
  const given = readSettings(settings, environment);
  return {
    host: given.WEBHOOK_HOST,
    port: given.WEBHOOK_PORT,
    file: given.WEBHOOK_FILE,
    keep: given.WEBHOOK_KEEP,
    silenceSeconds: given.WATCHDOG_SILENCE_SECONDS,
    runbooks: given.WEBHOOK_RUNBOOKS,
    names: given.WEBHOOK_NAMES.toLowerCase().split(','),
  };
}
