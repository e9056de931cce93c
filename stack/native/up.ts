import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { waitForLock } from '@sightline/servers/lock.ts';
import { openLog } from '@sightline/servers/log-file.ts';
import { takenPorts } from '@sightline/servers/ports.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { ensureStackDirectory, pathsIn } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { type Component, type ComponentTable, select } from './component.ts';
import { ask } from './control.ts';
import { shutDownSupervisor, stopOrphans } from './down.ts';
import { firstLine, logExcerpt, stateOf, stateTable, troubleReport } from './report.ts';
import type { Settings } from './settings.ts';
import { readRunningState, readState, type StackState } from './state.ts';

/** Until the supervisor has written its state, on a machine however busy: if it ends before, that is noticed. */
const supervisorSeconds = 300;
const announceAfterSeconds = 2;
const otherUpMinutes = 10;

/**
 * Starts the selected components (and what they depend on, unless `without` names it) and waits until each is ready,
 * with a line of progress each. What already runs is left alone.
 * Resolves to a function that stops what this call started, and the settings of the running stack.
 * Throws with a report when an essential component fails, and the reason of `interrupted` when that aborts; both
 * after stopping what this call started.
 */
export async function bringUp(
  table: ComponentTable,
  settings: Settings,
  names: readonly string[],
  without: readonly string[],
  interrupted: AbortSignal,
): Promise<{ settings: Settings; undo: () => Promise<void> }> {
  const selected = select(table.components, names).filter(({ name }) => !without.includes(name));
  const { stackDirectory } = settings;
  ensureStackDirectory(stackDirectory);
  const unlock = await lockStack(pathsIn(stackDirectory).lock, interrupted);
  let undo = async () => {};
  try {
    const running = await runningStack(settings);
    const started = running ? { ...settings, ports: running.ports } : settings;
    const toStart = selected.filter(({ name }) => !running || !isUp(running, name));
    await checkPorts(
      toStart.filter(({ name }) => !running || stateOf(running, name).process === null),
      started,
    );
    interrupted.throwIfAborted();
    const startNames = toStart.map(({ name }) => name);
    if (running === undefined) {
      table.beforeStart?.(settings);
      const supervisor = startSupervisor(settings, startNames);
      undo = supervisor.undo;
      await supervisorAnswers(settings, supervisor.hasEnded, interrupted);
    } else {
      const again = toStart.map(({ name }) => ({ name, state: stateOf(running, name).state }));
      const told = again
        .filter(({ state }) => state !== 'missing')
        .map(({ name, state }) => `${name} (${state})`);
      console.log(`Already running${told.length > 0 ? `; starting ${told.join(', ')}` : ''}.`);
      // What the supervisor was about to start on its own is not this call's to stop.
      const mine = again
        .filter(({ state }) => !['starting', 'waiting'].includes(state))
        .map(({ name }) => name);
      undo = () => stopComponents(stackDirectory, mine);
      await ask(pathsIn(stackDirectory).socket, { operation: 'start', components: startNames });
    }
    await followStart(table, toStart, started, interrupted);
    return { settings: started, undo };
  } catch (error) {
    // The report was made before this; now nothing of this run may stay.
    await undo();
    throw error;
  } finally {
    unlock();
  }
}

/** `make up`: brings the stack up, prints the table and what to try. Errors as `bringUp`. */
export async function up(
  table: ComponentTable,
  settings: Settings,
  names: readonly string[],
  interrupted: AbortSignal,
): Promise<void> {
  const { settings: running, undo } = await bringUp(table, settings, names, [], interrupted);
  const state = readRunningState(settings.stackDirectory);
  if (state === undefined) throw new Error('The stack was stopped while it started.');
  try {
    const ready = Object.entries(state.components).filter(([name]) => isUp(state, name));
    const text = await table.whatToTry?.(running, new Set(ready.map(([name]) => name)));
    interrupted.throwIfAborted();
    console.log(`\n${stateTable(table.components, running, state)}\n\n${text ?? ''}`);
    console.log('Stop: make down      Logs: make logs      State: make status');
  } catch (error) {
    await undo();
    throw error;
  }
}

/** The running stack, after ending what a killed supervisor left. Throws when it runs with other settings than asked. */
async function runningStack(settings: Settings): Promise<StackState | undefined> {
  const { stackDirectory } = settings;
  const state = readRunningState(stackDirectory);
  if (state === undefined) {
    const left = readState(stackDirectory);
    if (left === undefined) return undefined;
    const names = await stopOrphans(stackDirectory, left);
    console.log(
      `The last supervisor was killed${names.length > 0 ? `; stopped what it left: ${names.join(', ')}` : ''}.`,
    );
    return undefined;
  }
  const changed = Object.entries(state.ports).filter(
    ([name, port]) => process.env[name] && settings.ports[name] !== port,
  );
  if (changed.length > 0) {
    const now = changed.map(([name, port]) => `${name}=${port}`).join(' ');
    throw new Error(
      `The stack already runs with ${now}. To change that: \`make down\`, then \`make up\` as you just did.`,
    );
  }
  return state;
}

/** Waits until no other `make up` is at work on this folder. @returns what lets the next one begin */
export async function lockStack(path: string, interrupted: AbortSignal): Promise<() => void> {
  return await waitForLock(path, {
    work: '`make up`',
    minutes: otherUpMinutes,
    say: () => console.log('Another `make up` is at work here: waiting for it.'),
    signal: interrupted,
  });
}

/** Throws an error that names every taken port of these components, its holder, and the setting to change. */
export async function checkPorts(components: readonly Component[], settings: Settings): Promise<void> {
  const problems = await takenPorts(components, settings.ports);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Returns what ends it again, and whether it has ended already. */
function startSupervisor(
  settings: Settings,
  names: string[],
): { undo: () => Promise<void>; hasEnded: () => boolean } {
  const log = openLog(pathsIn(settings.stackDirectory).log('supervisor'));
  const program = fileURLToPath(new URL('supervisor.ts', import.meta.url));
  const child = spawn(process.execPath, [program, ...names], {
    cwd: checkout,
    // Relative folders were resolved here, in the folder `make` runs in.
    env: { ...process.env, STACK_DIR: settings.stackDirectory },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const exited = once(child, 'exit');
  child.unref();
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const undo = async () => {
    const state = readState(settings.stackDirectory);
    if (state?.supervisor.pid === child.pid && state !== undefined) {
      await shutDownSupervisor(settings.stackDirectory, state.supervisor);
    } else if (!hasEnded()) {
      // It has not written its state, so it has not started anything.
      child.ref();
      child.kill('SIGTERM');
      await exited;
    }
  };
  return { undo, hasEnded };
}

async function supervisorAnswers(
  settings: Settings,
  hasEnded: () => boolean,
  interrupted: AbortSignal,
): Promise<void> {
  const runs = () => {
    if (hasEnded()) throw new Error('The supervisor ended before it started anything.');
    return readRunningState(settings.stackDirectory) !== undefined;
  };
  await waitFor(runs, supervisorSeconds, 'The supervisor did not start', interrupted).catch(
    (error: unknown) => {
      if (!interrupted.aborted) console.error(logExcerpt(settings, 'supervisor'));
      throw error;
    },
  );
}

async function stopComponents(stackDirectory: string, components: string[]): Promise<void> {
  await ask(pathsIn(stackDirectory).socket, { operation: 'stop', components });
  const stopped = () => {
    const state = readRunningState(stackDirectory);
    return state === undefined || components.every((name) => stateOf(state, name).process === null);
  };
  await waitFor(stopped, 180, `${components.join(', ')} did not stop`);
}

async function followStart(
  table: ComponentTable,
  components: readonly Component[],
  settings: Settings,
  interrupted: AbortSignal,
): Promise<void> {
  const open = new Map(components.map((component) => [component.name, component]));
  const announced = new Map<string, string>();
  let usable = false;
  const width = Math.max(...components.map(({ name }) => name.length), 0);
  const say = (name: string, text: string) => console.log(`${name.padEnd(width)}  ${text}`);
  const bad: string[] = [];
  const report = (state: StackState, { name, essential }: Component) => {
    const { state: condition, startedAt, readyAt, detail } = stateOf(state, name);
    const begun = startedAt === null ? Date.now() : Date.parse(startedAt);
    const takesLong = Date.now() - begun > announceAfterSeconds * 1000;
    const isNews = detail === '' ? takesLong && !announced.has(name) : announced.get(name) !== detail;
    if (condition === 'starting' && isNews) {
      announced.set(name, detail);
      say(name, `starting … ${detail}`.trimEnd());
    }
    if (['waiting', 'starting', 'stopping'].includes(condition)) return;
    open.delete(name);
    const took = readyAt === null ? '' : ` in ${((Date.parse(readyAt) - begun) / 1000).toFixed(1)} s`;
    say(name, isUp(state, name) ? `starting … ${condition}${took}` : `${condition}: ${firstLine(detail)}`);
    if (!isUp(state, name) && essential && condition !== 'missing') bad.push(name);
  };
  const step = () => {
    const state = readRunningState(settings.stackDirectory);
    if (state === undefined) throw new Error('The stack was stopped while it started.');
    const all = [...open.values()];
    for (const component of all.filter(({ essential }) => essential)) report(state, component);
    if (bad.length > 0) throw new Error(troubleReport(bad, settings, state));
    const rest = all.filter(({ essential }) => !essential);
    if (!usable && rest.length > 0 && open.size === rest.length) {
      usable = true;
      const up = Object.keys(state.components).filter((name) => isUp(state, name));
      const text = table.usableAlready?.(settings, new Set(up));
      if (text !== undefined) console.log(text);
    }
    for (const component of rest) report(state, component);
    return open.size === 0;
  };
  // Each component has its own deadline, which the supervisor keeps.
  await waitFor(step, Number.POSITIVE_INFINITY, '', interrupted);
}

function isUp(state: StackState, name: string): boolean {
  const { state: condition } = stateOf(state, name);
  return condition === 'ready' || condition === 'done';
}
