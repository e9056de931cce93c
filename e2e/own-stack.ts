import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sightline/servers/free-port.ts';
import { startGuardian } from '@sightline/servers/guardian.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import type { Component } from '@sightline/stack/native/component.ts';
import { table } from '@sightline/stack/native/components.ts';
import { guardedStack } from '@sightline/stack/native/down.ts';
import { readSettings, type Settings } from '@sightline/stack/native/settings.ts';

/** A native stack of a check's own, on free ports, in a folder that is gone afterwards, also when the check is killed. */
export interface OwnStack {
  /** Port of a setting such as PROMETHEUS_PORT. */
  port(setting: string): number;
  readonly directory: string;
  readonly settings: Settings;
  /** Runs a program of Node on the stack's settings, its output on stderr. @returns whether it succeeded */
  run(program: string, ...args: readonly string[]): Promise<boolean>;
  /** The same with further settings. */
  runWith(
    settings: Readonly<Record<string, string>>,
    program: string,
    ...args: readonly string[]
  ): Promise<boolean>;
  /** A folder that something is mounted on, to be unmounted before the stack is removed. */
  mounted(folder: string): void;
  stop(): Promise<void>;
}

/**
 * Prepares a stack; `run('stack/native/cli.ts', 'up')` starts it.
 * @param settingsOf variables beside those of the caller's environment, by the ports that the stack gets
 * @param components of the table that STACK_TABLE names, where it is not the usual one
 * @param interrupted ends what is being run
 */
export async function ownStack(
  settingsOf: (ports: Readonly<Record<string, number>>) => Readonly<Record<string, string>>,
  components: readonly Component[] = table.components,
  interrupted?: AbortSignal,
): Promise<OwnStack> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-stack-'));
  const directory = join(folder, 'stack');
  const guardian = startGuardian();
  guardian.entrust(guardedStack(directory, folder));

  const ports: Record<string, number> = {};
  for (const { setting } of components.flatMap((component) => component.ports))
    ports[setting] = await freePort();
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    STACK_DIR: directory,
    COMPONENTS: '',
    ...Object.fromEntries(Object.entries(ports).map(([setting, port]) => [setting, String(port)])),
    ...settingsOf(ports),
  };
  // Whatever stack of its own the caller has set.
  for (const name of ['API_URL', 'METRICS_URL', 'PROMETHEUS_URL', 'ELASTICSEARCH_URL'])
    delete environment[name];

  const runWith: OwnStack['runWith'] = async (further, program, ...args) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: checkout,
      env: { ...environment, ...further },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // What `up` prints ends with the demo user's password; why it fails is on stderr.
    if (args[0] === 'up') child.stdout.resume();
    else child.stdout.pipe(process.stderr, { end: false });
    const end = () => child.kill('SIGTERM');
    interrupted?.addEventListener('abort', end, { once: true });
    const [code] = await once(child, 'close');
    interrupted?.removeEventListener('abort', end);
    return code === 0;
  };
  return {
    port: (setting) => Number(environment[setting]),
    directory,
    settings: readSettings(components, environment),
    run: (program, ...args) => runWith({}, program, ...args),
    runWith,
    mounted: (unmount) => guardian.entrust({ unmount }),
    stop: () => guardian.release(),
  };
}
