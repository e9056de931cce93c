/** A command on the stack of this folder, which runs natively or in Docker. */
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { choose } from './compose/choice.ts';
import { commands as dockerCommands } from './compose/commands.ts';
import { readServices } from './compose/file.ts';
import { readLastRecord, readRecord } from './compose/record.ts';
import { type ComposeSettings, readComposeSettings } from './compose/settings.ts';
import { runCommand } from './native/commands.ts';

/** Runs one command and resolves to its exit code. Errors become sentences on stderr and code 1. */
export async function runStackCommand(name: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const services = readServices();
  const components = (environment['COMPONENTS'] ?? '').split(/[\s,]+/).filter((part) => part !== '');
  const say = (line: string) => console.log(line);
  const command = dockerCommands[name];
  let settings: ComposeSettings;
  try {
    settings = asStarted(readComposeSettings(services, environment), name);
    const kind = choose({ command: name, environment, settings, services, components, say });
    const hasContainers = name === 'clean' && readLastRecord(settings.stackDirectory) !== undefined;
    if (!hasContainers && (kind === 'native' || command === undefined))
      return await runCommand(name, environment);
    if (command === undefined) throw new Error(`There is no ${name} for a stack in Docker.`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  const interrupt = new AbortController();
  let exitCode = 1;
  onInterrupt((signal) => {
    exitCode = exitCodeOf(signal);
    interrupt.abort(new Error('Interrupted.'));
  });
  try {
    const code = await command({ settings, services, environment, interrupted: interrupt.signal });
    // What is left is a folder, and what ever ran natively there.
    return name === 'clean' ? await runCommand(name, environment) : code;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(interrupt.signal.aborted ? 'Interrupted: what this run started is stopped.' : message);
    return exitCode;
  }
}

/** Every command but `up` is about the stack as it was started, whatever the environment says now. */
function asStarted(settings: ComposeSettings, command: string): ComposeSettings {
  const ports = command === 'up' ? undefined : readRecord(settings.stackDirectory)?.ports;
  return ports === undefined ? settings : { ...settings, ports };
}
