import { waitFor } from '@sightline/servers/readiness.ts';
import { pathsIn, removeStack } from '@sightline/servers/stack-directory.ts';
import { shortPath } from '@sightline/settings/checkout.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { type Component, type ComponentTable, select, withoutGroups } from './component.ts';
import { ask } from './control.ts';
import { dev } from './dev.ts';
import { stopStack } from './down.ts';
import { printLogs } from './logs.ts';
import { isBad, stateOf, stateTable, troubleReport } from './report.ts';
import { readSettings, type Settings } from './settings.ts';
import { readRunningState, readState } from './state.ts';
import { loadTable } from './table-file.ts';
import { up } from './up.ts';

interface Invocation {
  table: ComponentTable;
  settings: Settings;
  environment: NodeJS.ProcessEnv;
  interrupted: AbortSignal;
}

const nothingRuns = 3;
const operationSeconds = 120;

const commands: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {
  up: async ({ table, settings, environment, interrupted }) => {
    await up(table, settings, list(environment['COMPONENTS']), interrupted);
    return 0;
  },
  dev: async ({ table, settings, environment, interrupted }) => {
    await dev(table, settings, list(environment['COMPONENTS']), interrupted);
    return 0;
  },
  down: async ({ settings }) => {
    const where = shortPath(settings.stackDirectory);
    console.log(
      (await stopStack(settings.stackDirectory)) ? 'Stopped; the data is kept.' : `Nothing runs in ${where}.`,
    );
    return 0;
  },
  clean: async ({ settings }) => {
    await stopStack(settings.stackDirectory);
    removeStack(settings.stackDirectory);
    console.log(`Removed ${shortPath(settings.stackDirectory)}.`);
    return 0;
  },
  status: async ({ table, settings }) => status(table.components, settings),
  logs: async ({ table, settings, environment, interrupted }) => {
    const names = withoutGroups(table.components, list(environment['C']));
    const chosen =
      names.length === 0
        ? table.components
        : select(table.components, names).filter(({ name }) => names.includes(name));
    const follow = environment['FOLLOW'] !== '0' && (process.stdout.isTTY || environment['FOLLOW'] === '1');
    await printLogs(chosen, settings, follow, interrupted);
    return 0;
  },
  start: (invocation) => operate('start', invocation),
  stop: (invocation) => operate('stop', invocation),
  restart: (invocation) => operate('restart', invocation),
};

/** Runs one command and resolves to its exit code. Errors become sentences on stderr and code 1. */
export async function runCommand(name: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const interrupt = new AbortController();
  let exitCode = 1;
  onInterrupt((signal) => {
    exitCode = exitCodeOf(signal);
    interrupt.abort(new Error('Interrupted.'));
  });
  // `make logs | head`: nobody reads on. The other commands finish their work all the same.
  process.stdout.on('error', () => name === 'logs' && interrupt.abort());
  try {
    const command = commands[name];
    if (command === undefined)
      throw new Error(`Unknown command "${name}". Known: ${Object.keys(commands).join(', ')}.`);
    const table = await loadTable();
    const settings = readSettings(table.components, environment);
    return await command({
      table,
      settings: asStarted(settings, name),
      environment,
      interrupted: interrupt.signal,
    });
  } catch (error) {
    console.error(
      interrupt.signal.aborted ? 'Interrupted: what this run started is stopped.' : messageOf(error),
    );
    return exitCode;
  }
}

/** Every command but `up` and `dev` is about the stack as it was started, whatever the environment says now. */
function asStarted(settings: Settings, command: string): Settings {
  const ports = command === 'up' || command === 'dev' ? undefined : readState(settings.stackDirectory)?.ports;
  return ports ? { ...settings, ports } : settings;
}

function status(components: readonly Component[], settings: Settings): number {
  const state = readState(settings.stackDirectory);
  if (state === undefined) {
    console.log(`Nothing runs in ${shortPath(settings.stackDirectory)}. Start: make up`);
    return nothingRuns;
  }
  console.log(stateTable(components, settings, state));
  if (readRunningState(settings.stackDirectory) === undefined) {
    console.log(
      `\nThe supervisor (process ${state.supervisor.pid}) was killed: the table is what it knew last, and nobody ` +
        'restarts what crashes. `make up` starts afresh, `make down` stops what it left.',
    );
    return 1;
  }
  const bad = components.map(({ name }) => name).filter((name) => isBad(stateOf(state, name)));
  if (bad.length > 0) console.log(`\n${troubleReport(bad, settings, state)}`);
  return bad.length > 0 ? 1 : 0;
}

async function operate(
  operation: 'start' | 'stop' | 'restart',
  { table, settings, environment }: Invocation,
): Promise<number> {
  const names = withoutGroups(table.components, list(environment['C']));
  if (names.length === 0) throw new Error(`Say which component: ${operation} C=api`);
  select(table.components, names);
  if (readRunningState(settings.stackDirectory) === undefined)
    throw new Error('Nothing runs. Start: make up');
  await ask(pathsIn(settings.stackDirectory).socket, { operation, components: names });
  const goal = operation === 'stop' ? ['stopped'] : ['ready', 'done', 'failed', 'crashed', 'missing'];
  const states = () => {
    const state = readRunningState(settings.stackDirectory);
    if (state === undefined) throw new Error('The stack was stopped meanwhile.');
    return names.map((name) => stateOf(state, name));
  };
  await waitFor(
    () => states().every(({ state }) => goal.includes(state)),
    operationSeconds,
    `${names.join(', ')} did not ${operation}`,
  );
  for (const [index, { state, detail }] of states().entries())
    console.log(`${names[index]}  ${state}  ${detail}`.trimEnd());
  return states().some(isBad) ? 1 : 0;
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((name) => name !== '');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
