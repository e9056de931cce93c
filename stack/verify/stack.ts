/** What is verified: the stack that runs here, or one elsewhere. */
import { addressOf } from '../load/settings.ts';
import type { Component } from '../native/component.ts';
import { isBad } from '../native/report.ts';
import { portOf, type Settings } from '../native/settings.ts';
import { pathsIn } from '../native/stack-directory.ts';
import { readRunningState, type StackState } from '../native/state.ts';

/** A stack of this machine that `make up` started. */
export interface LocalStack {
  readonly settings: Settings;
  readonly state: StackState;
  /** The API's log. */
  readonly log: string;
}

export interface Stack {
  readonly apiUrl: string;
  /** Undefined where there is none, or it isn't known. */
  readonly metricsUrl: string | undefined;
  readonly prometheusUrl: string | undefined;
  readonly elasticsearchUrl: string | undefined;
  readonly local: LocalStack | undefined;
  /** Where the report goes. */
  readonly directory: string;
}

const places = ['API_URL', 'METRICS_URL', 'PROMETHEUS_URL', 'ELASTICSEARCH_URL'] as const;

/** Throws a sentence when a setting is wrong or no stack runs. */
export function findStack(environment: NodeJS.ProcessEnv, settings: Settings): Stack {
  const given = Object.fromEntries(places.map((name) => [name, addressOf(environment, name)]));
  const directory = settings.stackDirectory;
  const { API_URL: apiUrl, METRICS_URL: metricsUrl, PROMETHEUS_URL: prometheusUrl } = given;
  const { ELASTICSEARCH_URL: elasticsearchUrl } = given;
  if (apiUrl !== undefined)
    return { apiUrl, metricsUrl, prometheusUrl, elasticsearchUrl, local: undefined, directory };
  const named = places.find((name) => given[name] !== undefined);
  if (named !== undefined)
    throw new Error(`${named} is set, and API_URL is not: say where the API of that stack is, too.`);
  const state = readRunningState(directory);
  if (state === undefined)
    throw new Error(
      'No stack runs here. Start one (make up), or say where one is: make verify API_URL=http://… METRICS_URL=… PROMETHEUS_URL=…',
    );
  const at = (setting: string) => `http://127.0.0.1:${portOf({ ...settings, ports: state.ports }, setting)}`;
  return {
    apiUrl: at('API_PORT'),
    metricsUrl: at('MANAGEMENT_PORT'),
    prometheusUrl: runs(state, 'prometheus') ? at('PROMETHEUS_PORT') : undefined,
    // Without its shipper, nothing new comes there.
    elasticsearchUrl:
      runs(state, 'elasticsearch') && runs(state, 'log-shipper') ? at('ELASTICSEARCH_PORT') : undefined,
    local: { settings, state, log: pathsIn(directory).log('api') },
    directory,
  };
}

const runs = (state: StackState, component: string) => state.components[component]?.state === 'ready';

/** Sentences about what should run here and doesn't. */
export function troubleOf({ state }: LocalStack, components: readonly Component[]): readonly string[] {
  return components.flatMap(({ name, essential }) => {
    const found = state.components[name];
    if (found === undefined) return [`The stack knows no ${name}: it was started by another checkout.`];
    const isOff = essential && !['ready', 'done'].includes(found.state);
    return isBad(found) || isOff
      ? [`${name} is ${found.state}${found.detail === '' ? '' : ` (${found.detail})`}: see make status.`]
      : [];
  });
}

/** Why there is no Prometheus to ask. */
export function withoutPrometheus({ prometheusUrl, local }: Stack): string | undefined {
  if (prometheusUrl !== undefined) return undefined;
  if (local === undefined) return 'PROMETHEUS_URL is not set';
  const { state = 'not there', detail = '' } = local.state.components['prometheus'] ?? {};
  return `Prometheus is ${state} in this stack${detail === '' ? '' : `: ${detail}`}`;
}

/** Why there is no log to search. */
export function withoutElasticsearch({ elasticsearchUrl, local }: Stack): string | undefined {
  if (elasticsearchUrl !== undefined) return undefined;
  if (local === undefined) return 'ELASTICSEARCH_URL is not set';
  const { elasticsearch, 'log-shipper': shipper } = local.state.components;
  return `Elasticsearch is ${elasticsearch?.state ?? 'not there'} in this stack, and the log shipper ${shipper?.state ?? 'not there'}`;
}

export function withoutMetrics({ metricsUrl }: Stack): string | undefined {
  return metricsUrl === undefined ? 'METRICS_URL is not set' : undefined;
}

export function notLocal({ local }: Stack): string | undefined {
  return local === undefined ? 'the stack was not started here' : undefined;
}
