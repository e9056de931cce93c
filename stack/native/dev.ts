import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitFor, waitUntilReady } from '@sightline/servers/readiness.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { show } from '@sightline/telemetry/terminal.ts';
import { type ComponentTable, named, select } from './component.ts';
import { stateOf } from './report.ts';
import type { Settings } from './settings.ts';
import { readRunningState } from './state.ts';
import { bringUp, checkPorts } from './up.ts';

const patientSeconds = 3600;

/**
 * `make dev`: the stack, or its named parts, without the API, and the API in this terminal, restarted by Node on each save in app/src and packages.
 * Resolves when `interrupted` aborts, after stopping all it started. Errors as `bringUp`.
 */
export async function dev(
  table: ComponentTable,
  settings: Settings,
  names: readonly string[],
  interrupted: AbortSignal,
): Promise<void> {
  const api = named(table.components, 'api');
  const state = readRunningState(settings.stackDirectory);
  if (state !== undefined && stateOf(state, api.name).process !== null) {
    throw new Error('The API already runs by `make up`. Run `make down` first.');
  }
  await checkPorts([api], settings);
  const { settings: running, undo } = await bringUp(table, settings, names, ['api'], interrupted);
  try {
    await api.prepare?.(running, interrupted, console.log);
    const { command, args, env } = api.launch(running);
    const environment = { ...process.env, ...env };
    const isPretty = environment['LOG_FORMAT'] === 'pretty';
    const child = spawn(
      command,
      ['--watch-path=app/src', '--watch-path=packages', '--watch-preserve-output', ...args],
      {
        cwd: checkout,
        env: environment,
        // `pretty` is made for a terminal by itself, with colours.
        stdio: isPretty ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      },
    );
    // Nobody reads on; the stack runs until it is stopped.
    for (const [output, terminal] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const)
      void show(output, terminal).catch(() => {});
    const watcherGone = new AbortController();
    const exited = once(child, 'exit').then(() => watcherGone.abort());
    // Not an error when it takes long: whoever develops may have to mend the code first.
    if (api.kind === 'service') void greetWhenReady(table, running, names, api.ready(running), interrupted);
    const stopped = () => readRunningState(settings.stackDirectory) === undefined;
    // `make down` in another terminal ends this too.
    const end = AbortSignal.any([interrupted, watcherGone.signal]);
    await waitFor(stopped, Number.POSITIVE_INFINITY, '', end).catch(() => {});
    child.kill('SIGTERM');
    await exited;
  } finally {
    await undo();
  }
}

async function greetWhenReady(
  table: ComponentTable,
  settings: Settings,
  chosen: readonly string[],
  ready: Parameters<typeof waitUntilReady>[0],
  interrupted: AbortSignal,
): Promise<void> {
  try {
    await waitUntilReady(ready, patientSeconds, interrupted);
    const names = new Set(select(table.components, chosen).map(({ name }) => name));
    console.log(`\n${(await table.whatToTry?.(settings, names)) ?? ''}Ctrl-C stops all of it.\n`);
  } catch (error) {
    if (!interrupted.aborted) console.error(error instanceof Error ? error.message : error);
  }
}
