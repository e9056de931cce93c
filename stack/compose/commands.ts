/** The commands of the Makefile on a stack in Docker. */
import { once } from 'node:events';
import { shortPath } from '@sightline/settings/checkout.ts';
import { show } from '@sightline/telemetry/terminal.ts';
import { compose, startCompose, statesOf } from './compose.ts';
import type { ComposeService } from './file.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { conditionOf, logOf, stateTable } from './report.ts';
import { type ComposeSettings, selectServices } from './settings.ts';
import { ensureFiles, followUntilReady, up } from './up.ts';

export interface ComposeInvocation {
  readonly settings: ComposeSettings;
  readonly services: readonly ComposeService[];
  readonly environment: NodeJS.ProcessEnv;
  readonly interrupted: AbortSignal;
}

const nothingRuns = 3;

/** Resolves to the exit code. Each throws an error with a sentence. */
export const commands: Readonly<Record<string, (invocation: ComposeInvocation) => Promise<number>>> = {
  up: async ({ settings, services, environment, interrupted }) => {
    await up(settings, services, list(environment['COMPONENTS']), interrupted);
    return 0;
  },
  down: async ({ settings, environment }) => {
    const record = readRecord(settings.stackDirectory);
    if (record === undefined) {
      console.log(`Nothing runs in ${shortPath(settings.stackDirectory)}.`);
      return 0;
    }
    await ensureFiles(settings, environment);
    // Not removed: Filebeat reads what they printed last when they are started again.
    compose(settings, record.services, ['stop']);
    writeRecord(settings.stackDirectory, { ...record, isRunning: false });
    console.log('Stopped; the data is kept.');
    return 0;
  },
  // Containers and volumes; the folder is removed as a native stack's is.
  clean: async ({ settings, environment }) => {
    await ensureFiles(settings, environment);
    compose(settings, [], ['down', '--volumes', '--remove-orphans']);
    removeRecord(settings.stackDirectory);
    console.log(`Removed the containers and volumes of ${settings.project}.`);
    return 0;
  },
  status: ({ settings, services }) => Promise.resolve(status(settings, services)),
  logs: async ({ settings, services, environment, interrupted }) => {
    await ensureFiles(settings, environment);
    const names = list(environment['C']);
    const chosen = names.length === 0 ? [] : withoutDependencies(services, names);
    const follow = environment['FOLLOW'] !== '0' && (process.stdout.isTTY || environment['FOLLOW'] === '1');
    const child = startCompose(
      settings,
      chosen,
      [
        'logs',
        '--tail=20',
        ...(follow ? ['--follow'] : []),
        ...(chosen.length === 1 ? ['--no-log-prefix'] : []),
        ...chosen,
      ],
      'pipe',
    );
    interrupted.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
    const [exit, ...shown] = await Promise.allSettled([
      once(child, 'exit') as Promise<[number | null]>,
      show(child.stdout, process.stdout),
      show(child.stderr, process.stderr),
    ]);
    if (exit.status === 'rejected') throw exit.reason;
    // `make logs | head`: nobody reads on, and compose ends by its own closed pipe.
    const isLeft = shown.some(({ status }) => status === 'rejected');
    return interrupted.aborted || isLeft ? 0 : (exit.value[0] ?? 1);
  },
  start: (invocation) => operate('start', invocation),
  stop: (invocation) => operate('stop', invocation),
  restart: (invocation) => operate('restart', invocation),
};

function status(settings: ComposeSettings, services: readonly ComposeService[]): number {
  const record = readRecord(settings.stackDirectory);
  if (record === undefined) {
    console.log(`Nothing runs in ${shortPath(settings.stackDirectory)}. Start: make up`);
    return nothingRuns;
  }
  const states = statesOf(settings);
  const started = services.filter(({ name }) => record.services.includes(name));
  console.log(stateTable(started, settings, states));
  const bad = started.flatMap((service) => {
    const state = states.find(({ name }) => name === service.name);
    return state !== undefined && conditionOf(service, state) === 'failed' ? [state] : [];
  });
  for (const state of bad) console.log(`\n${state.name}: its log ends with\n${logOf(state)}`);
  return bad.length > 0 ? 1 : 0;
}

/** The services that names and groups stand for, and no more. */
function withoutDependencies(services: readonly ComposeService[], names: readonly string[]): string[] {
  return selectServices(
    services.map((service) => ({ ...service, dependsOn: [] })),
    names,
  ).map(({ name }) => name);
}

async function operate(
  operation: 'start' | 'stop' | 'restart',
  { settings, services, environment, interrupted }: ComposeInvocation,
): Promise<number> {
  const names = list(environment['C']);
  if (names.length === 0) throw new Error(`Say which component: ${operation} C=api-1`);
  const chosen = withoutDependencies(services, names);
  const record = readRecord(settings.stackDirectory);
  if (record === undefined) throw new Error('Nothing runs. Start: make up');
  await ensureFiles(settings, environment);
  const before = new Map(statesOf(settings).map((state) => [state.name, state]));
  compose(settings, record.services, [operation, ...chosen]);
  if (operation !== 'stop')
    await followUntilReady(
      settings,
      services.filter(({ name }) => chosen.includes(name)),
      before,
      interrupted,
    );
  return 0;
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((name) => name !== '');
}
