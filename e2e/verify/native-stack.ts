/** The stack of native processes that runs here. */

import { waitFor } from '@sightline/servers/readiness.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import type { Component } from '@sightline/stack/native/component.ts';
import { table } from '@sightline/stack/native/components.ts';
import { ask } from '@sightline/stack/native/control.ts';
import { isBad } from '@sightline/stack/native/report.ts';
import { portOf, type Settings } from '@sightline/stack/native/settings.ts';
import { readRunningState, type StackState } from '@sightline/stack/native/state.ts';
import { logOfFile } from './access-log.ts';
import type { Stack } from './stack.ts';

const restartSeconds = 300;

/** Undefined when none runs. */
export function nativeStack(settings: Settings): Stack | undefined {
  const directory = settings.stackDirectory;
  const state = readRunningState(directory);
  if (state === undefined) return undefined;
  const at = (setting: string) => `http://127.0.0.1:${portOf({ ...settings, ports: state.ports }, setting)}`;
  const runs = (component: string) => state.components[component]?.state === 'ready';
  const components = Object.values(state.components);
  const up = components.filter(
    ({ state: condition }) => condition === 'ready' || condition === 'done',
  ).length;
  return {
    apiUrl: at('API_PORT'),
    clientsUrl: at('API_PORT'),
    metricsUrls: [at('MANAGEMENT_PORT')],
    prometheusUrl: runs('prometheus') ? at('PROMETHEUS_PORT') : undefined,
    // Without its shipper, nothing new comes there.
    elasticsearch:
      runs('elasticsearch') && runs('log-shipper')
        ? { ELASTICSEARCH_URL: at('ELASTICSEARCH_PORT') }
        : undefined,
    local: {
      components: () => ({
        up: `${up} components up, ${components.length - up} not started or missing here`,
        faults: troubleOf(state, table.components),
      }),
      conditionOf: (component) => {
        const { state: condition = 'not there', detail = '' } = state.components[component] ?? {};
        return detail === '' ? condition : `${condition} (${detail})`;
      },
      log: logOfFile(pathsIn(directory).log('api')),
      restartApi: (signal) => restartApi(directory, signal),
    },
    directory,
  };
}

/** Sentences about what should run here and doesn't. */
export function troubleOf(state: StackState, components: readonly Component[]): readonly string[] {
  return components.flatMap(({ name, essential }) => {
    const found = state.components[name];
    if (found === undefined) return [`The stack knows no ${name}: it was started by another checkout.`];
    const isOff = essential && !['ready', 'done'].includes(found.state);
    return isBad(found) || isOff
      ? [`${name} is ${found.state}${found.detail === '' ? '' : ` (${found.detail})`}: see make status.`]
      : [];
  });
}

async function restartApi(directory: string, signal: AbortSignal): Promise<void> {
  const pidOf = () => readRunningState(directory)?.components['api']?.process?.pid;
  const before = pidOf();
  await ask(pathsIn(directory).socket, { operation: 'restart', components: ['api'] });
  const isBack = () => {
    const api = readRunningState(directory)?.components['api'];
    return api?.state === 'ready' && api.process?.pid !== before;
  };
  await waitFor(isBack, restartSeconds, 'The API did not come back', signal);
}
