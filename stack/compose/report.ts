/** How a stack in Docker is shown. */
import { spawnSync } from 'node:child_process';
import { aligned, prefixed } from '@sightline/telemetry/terminal.ts';
import type { ServiceState } from './compose.ts';
import type { ComposeService } from './file.ts';
import type { ComposeSettings } from './settings.ts';

export type Condition = 'ready' | 'done' | 'starting' | 'stopped' | 'failed';

const logLines = '20';

/** Schemes that aren't http, by the port in the container: PostgreSQL, Elasticsearch. */
const schemes: Readonly<Record<number, string>> = { 5432: '', 9200: 'https://' };

/**
 * Restarts after which a service counts as failed: one that starts before what it waits for may end once or
 * twice, and `restart: on-failure` mends that.
 */
const restartsThatMend = 3;

/** The condition of a service, in the words that `make status` has for native ones. */
export function conditionOf({ isTask }: Pick<ComposeService, 'isTask'>, state: ServiceState): Condition {
  if (isTask && state.state === 'exited') return state.exitCode === 0 ? 'done' : 'failed';
  if (state.state === 'running' && !isTask) {
    if (state.health === '' || state.health === 'healthy') return 'ready';
    return state.health === 'unhealthy' ? 'failed' : 'starting';
  }
  if (state.state === 'restarting') return state.restarts < restartsThatMend ? 'starting' : 'failed';
  if (state.state === 'dead') return 'failed';
  // Ended by a signal of `stop`, or in order.
  if (state.state === 'exited') return [0, 130, 137, 143].includes(state.exitCode) ? 'stopped' : 'failed';
  return 'starting';
}

/** The table of what runs, where, and why not. */
export function stateTable(
  services: readonly ComposeService[],
  { ports }: ComposeSettings,
  states: readonly ServiceState[],
): string {
  const rows = services.map((service) => {
    const state = states.find(({ name }) => name === service.name);
    const [port] = service.ports;
    return [
      service.name,
      state === undefined ? 'not started' : conditionOf(service, state),
      port === undefined ? '' : `${schemes[port.container] ?? 'http://'}127.0.0.1:${ports[port.setting]}`,
      service.summary,
    ];
  });
  return aligned([['COMPONENT', 'STATE', 'ADDRESS', ''], ...rows]);
}

/** The last lines that a container printed, indented. */
export function logOf({ container }: ServiceState): string {
  const { stdout, stderr } = spawnSync('docker', ['logs', '--tail', logLines, container], {
    encoding: 'utf8',
  });
  return prefixed(`${stdout}${stderr}`.trimEnd(), '    ');
}
