/**
 * The detached process that runs the table of components: starts each as soon as what it depends on is ready, stops
 * them in the reverse order, answers the control socket and writes the state file.
 */

import { rmSync } from 'node:fs';
import { replaceFile } from '@sightline/servers/atomic-file.ts';
import { identify } from '@sightline/servers/process-identity.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { type Component, named } from './component.ts';
import { listenForRequests, type Request } from './control.ts';
import { readSettings, type Settings } from './settings.ts';
import { notStarted, readRunningState, type StackState } from './state.ts';
import { Supervised } from './supervised.ts';
import { loadTable } from './table-file.ts';

const cannotBecomeReady = ['failed', 'crashed', 'missing'];

/**
 * Runs the components named in `first` (the caller has added what they depend on, but for what it runs itself) until
 * it is asked to shut down and all have ended. Throws when another supervisor runs in the same folder.
 */
export async function supervise(
  components: readonly Component[],
  settings: Settings,
  first: string[],
): Promise<void> {
  const { stackDirectory, ports } = settings;
  const self = identify(process.pid);
  if (self === undefined)
    throw new Error('This system does not tell when a process started (ps and /proc are missing).');
  if (readRunningState(stackDirectory) !== undefined)
    throw new Error(`A supervisor already runs for ${stackDirectory}.`);
  const paths = pathsIn(stackDirectory);
  const end = Promise.withResolvers<void>();
  let shuttingDown = false;

  const all = new Map<string, Supervised>();
  for (const component of components) all.set(component.name, new Supervised(component, settings, changed));
  const find = (name: string) => all.get(named(components, name).name) as Supervised;
  const dependents = ({ component }: Supervised) =>
    [...all.values()].filter((other) => other.component.dependsOn.includes(component.name));

  function changed(): void {
    save();
    queueMicrotask(advance);
  }

  function save(): void {
    const states = [...all].map(([name, { state }]) => [name, state] as const);
    const state: StackState = {
      supervisor: self as StackState['supervisor'],
      ports,
      components: Object.fromEntries(states),
    };
    try {
      replaceFile(paths.state, `${JSON.stringify(state, null, 2)}\n`);
    } catch (error) {
      // A full disk must not end the components too.
      console.error('The state could not be written:', error);
    }
  }

  /** Does what the present states allow. Called after each change; does nothing when there is nothing to do. */
  function advance(): void {
    for (const one of all.values()) {
      if (shuttingDown) {
        if (!one.idle && one.state.state !== 'stopping' && dependents(one).every(({ idle }) => idle))
          one.stop();
      } else if (one.wanted && one.idle && ['waiting', 'stopped'].includes(one.state.state)) {
        startWhenPossible(one);
      }
    }
    if (shuttingDown && [...all.values()].every(({ idle }) => idle)) end.resolve();
  }

  function startWhenPossible(one: Supervised): void {
    const first = one.component.essential ? [] : [...all.values()].filter(isEssentialAndComing);
    const needed = [...needs(one), ...first];
    const obstacle = needed.find(({ state }) => cannotBecomeReady.includes(state.state));
    if (obstacle !== undefined) {
      const { state } = obstacle.state;
      one.set({
        state: state === 'missing' ? 'missing' : 'failed',
        detail: `needs ${obstacle.component.name}, which ${state === 'missing' ? 'is missing' : state}`,
      });
    } else if (needed.every(({ state }) => state.state === 'ready' || state.state === 'done')) {
      one.start();
    } else if (one.state.state !== 'waiting') {
      one.set({
        state: 'waiting',
        detail: `waits for ${needed.map(({ component }) => component.name).join(', ')}`,
      });
    }
  }

  /**
   * The components that it waits for: in place of a component that was left out, what that one would wait
   * for.
   */
  function needs({ component }: Supervised): Supervised[] {
    return component.dependsOn.map(find).flatMap((other) => (other.wanted ? [other] : needs(other)));
  }

  /**
   * Whether an essential component is still to come: others, like the build of a tool, must not take the
   * machine from it.
   */
  function isEssentialAndComing({ component, wanted, state: { state } }: Supervised): boolean {
    return component.essential && wanted && (state === 'waiting' || state === 'starting');
  }

  function want(one: Supervised): void {
    one.wanted = true;
    if (one.idle) one.set({ state: 'waiting', detail: '' });
  }

  function shutDown(): void {
    shuttingDown = true;
    changed();
  }

  function handle({ operation, components: names }: Request): void {
    if (operation === 'shutdown') {
      shutDown();
      return;
    }
    if (shuttingDown) throw new Error('The stack is being stopped.');
    for (const one of names.map(find)) {
      if (operation === 'start' && (one.idle || !['starting', 'ready'].includes(one.state.state))) want(one);
      if (operation === 'stop' || operation === 'restart') one.stop();
      if (operation === 'restart') want(one);
    }
  }

  onInterrupt(shutDown);
  process.on('uncaughtException', (error) => {
    console.error('The supervisor met an error it did not expect and stops the stack:', error);
    process.exitCode = 1;
    shutDown();
  });
  const server = await listenForRequests(paths.socket, handle);
  for (const one of first.map(find)) {
    one.wanted = true;
    one.state = { ...notStarted, state: 'waiting' };
  }
  changed();
  await end.promise;
  server.close();
  rmSync(paths.socket, { force: true });
  rmSync(paths.state, { force: true });
}

if (import.meta.main) {
  const { components } = await loadTable();
  await supervise(components, readSettings(components, process.env), process.argv.slice(2));
  process.exit();
}
