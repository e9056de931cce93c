/** `make up` in Docker. */
import { existsSync } from 'node:fs';
import { waitFor } from '@sightline/servers/readiness.ts';
import { ensureStackDirectory, pathsIn } from '@sightline/servers/stack-directory.ts';
import { lockStack } from '../native/up.ts';
import { alertingFiles, writeAlerting } from './alerting.ts';
import { obstacles } from './before-start.ts';
import { compose, composeInBackground, type ServiceState, statesOf } from './compose.ts';
import type { ComposeService } from './file.ts';
import { buildImages, fetchImages, missingImages } from './images.ts';
import { readRecord, writeRecord } from './record.ts';
import { conditionOf, logOf, stateTable } from './report.ts';
import { ruleFiles, writeRules } from './rules.ts';
import { writeSecrets } from './secrets.ts';
import { type ComposeSettings, selectServices } from './settings.ts';
import { whatToTry } from './try.ts';

/** Elasticsearch and Kibana, one after the other, on a machine that is busy otherwise. */
const upSeconds = 900;
const lookMs = 500;

/** Writes the files in the stack's folder that compose.yaml and its overrides refer to. */
export async function writeFiles(
  { stackDirectory, ports }: ComposeSettings,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  ensureStackDirectory(stackDirectory);
  await writeSecrets(stackDirectory);
  writeAlerting(stackDirectory, environment);
  writeRules(stackDirectory, ports);
}

/** Files of commands that come after a start, and before the first one. */
export async function ensureFiles(settings: ComposeSettings, environment: NodeJS.ProcessEnv): Promise<void> {
  const { stackDirectory } = settings;
  const files = [alertingFiles(stackDirectory).mounts, ruleFiles(stackDirectory).alerts];
  if (!files.every((file) => existsSync(file))) await writeFiles(settings, environment);
}

/**
 * Starts the chosen services and what they depend on, waits until each is ready, with a line of progress each, and prints
 * where they are and what to try.
 * @throws Error with a report when one can't run, and the reason of `interrupted` when that aborts; both after stopping what
 *   this call started
 */
export async function up(
  settings: ComposeSettings,
  all: readonly ComposeService[],
  names: readonly string[],
  interrupted: AbortSignal,
): Promise<void> {
  const { stackDirectory, ports } = settings;
  const chosen = selectServices(all, names);
  await writeFiles(settings, process.env);
  const unlock = await lockStack(pathsIn(stackDirectory).lock, interrupted);
  try {
    const before = new Map(statesOf(settings).map((state) => [state.name, state]));
    const isRunning = (name: string) => before.get(name)?.state === 'running';
    const problems = await obstacles(chosen, settings, isRunning);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    if (missingImages(settings, chosen).length > 0) await fetchImages(settings, chosen, interrupted);
    buildImages(settings, chosen, (line) => console.log(line));
    interrupted.throwIfAborted();
    const earlier = readRecord(stackDirectory);
    const services = all.filter(
      ({ name }) => earlier?.services.includes(name) || chosen.some((service) => service.name === name),
    );
    const record = { isRunning: true, ports, services: services.map(({ name }) => name) };
    writeRecord(stackDirectory, record);
    try {
      await start(settings, chosen, record.services, before, interrupted);
      console.log(`\n${stateTable(services, settings, statesOf(settings))}\n`);
      console.log(await whatToTry(settings, record.services));
      interrupted.throwIfAborted();
      console.log('Stop: make down      Logs: make logs      State: make status');
    } catch (error) {
      const mine = chosen.map(({ name }) => name).filter((name) => !isRunning(name));
      compose(settings, record.services, ['stop', ...mine]);
      writeRecord(stackDirectory, earlier ?? { ...record, isRunning: false });
      throw error;
    }
  } finally {
    unlock();
  }
}

/** Starts the services and follows them until all are ready. */
async function start(
  settings: ComposeSettings,
  chosen: readonly ComposeService[],
  all: readonly string[],
  before: ReadonlyMap<string, ServiceState>,
  interrupted: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const names = chosen.map(({ name }) => name);
  let trouble: unknown;
  let isStarted = false;
  // Dependencies are waited for by compose itself.
  const starting = composeInBackground(
    settings,
    all,
    ['up', '--detach', '--no-build', '--pull=never', ...names],
    AbortSignal.any([interrupted, ending.signal]),
  ).then(
    () => {
      isStarted = true;
    },
    (error: unknown) => {
      trouble = error;
    },
  );
  try {
    await followUntilReady(settings, chosen, before, interrupted, () => {
      // What went wrong is told better by the container that it went wrong in.
      if (trouble !== undefined) throw trouble;
      return isStarted;
    });
  } finally {
    ending.abort();
    await starting;
  }
}

/**
 * Prints a line for each service that is ready, until all are.
 * @param before what was there; what has ended in the past says nothing
 * @throws Error with its last log lines when one can't be
 */
export async function followUntilReady(
  settings: ComposeSettings,
  services: readonly ComposeService[],
  before: ReadonlyMap<string, ServiceState>,
  interrupted: AbortSignal,
  isStarted: () => boolean = () => true,
): Promise<void> {
  const began = performance.now();
  const open = new Map(services.map((service) => [service.name, service]));
  const width = Math.max(...services.map(({ name }) => name.length));
  let lookedAt = Number.NEGATIVE_INFINITY;
  const step = () => {
    // Each look is two processes.
    if (performance.now() - lookedAt < lookMs) return false;
    lookedAt = performance.now();
    const states = new Map(statesOf(settings).map((state) => [state.name, state]));
    for (const service of open.values()) {
      const state = states.get(service.name);
      const isOld = state?.state !== 'running' && state?.startedAt === before.get(service.name)?.startedAt;
      if (state === undefined || isOld) continue;
      const condition = conditionOf(service, state);
      if (condition === 'failed') throw new ServiceFailure(failureOf(service, state));
      if (condition !== 'ready' && condition !== 'done') continue;
      open.delete(service.name);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${service.name.padEnd(width)}  ${condition} (${seconds} s)`);
    }
    return isStarted() && open.size === 0;
  };
  try {
    await waitFor(step, upSeconds, `${[...open.keys()].join(', ')} did not become ready`, interrupted);
  } catch (error) {
    if (interrupted.aborted || error instanceof ServiceFailure) throw error;
    const states = statesOf(settings).filter(({ name }) => open.has(name));
    const logs = states.map((state) => `${state.name}: its log ends with\n${logOf(state)}`);
    throw new Error([error instanceof Error ? error.message : String(error), ...logs].join('\n'));
  }
}

/** A container that failed, told with what it printed last. */
class ServiceFailure extends Error {}

function failureOf({ name }: ComposeService, state: ServiceState): string {
  const memory = state.ranOutOfMemory ? ', for its limit of memory' : '';
  const restarts = state.restarts > 0 ? `, started again ${state.restarts} times` : '';
  const what = `it is ${state.health || state.state} (exit code ${state.exitCode}${memory}${restarts})`;
  return `${name} failed: ${what}. Its log ends with\n${logOf(state)}`;
}
