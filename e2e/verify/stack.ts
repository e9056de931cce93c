/** The stack that is verified: one that runs here, or one elsewhere. */

import { optional, serverUrl, several, text } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';
import type { Settings } from '@sightline/stack/native/settings.ts';
import type { AccessLog } from './access-log.ts';
import { nativeStack } from './native-stack.ts';
import type { Scope } from './platform.ts';
import { stackInDocker } from './stack-in-docker.ts';

/** A stack of this machine that `make up` started. */
export interface LocalStack {
  /** The running components in some words, and a sentence for each that should run and doesn't. */
  readonly components: () => { readonly up: string; readonly faults: readonly string[] };
  /** The condition of a component, in a word or two. */
  readonly conditionOf: (component: string) => string;
  readonly log: AccessLog;
  /** Restarts one instance of the API, and waits until it is back. */
  readonly restartApi: (signal: AbortSignal) => Promise<void>;
}

export interface Stack extends Scope {
  readonly apiUrl: string;
  /** Where X-Forwarded-For is believed, so that many clients can be told apart; undefined of a stack elsewhere. */
  readonly clientsUrl: string | undefined;
  /** Metrics addresses of the API's instances; none where they aren't known. */
  readonly metricsUrls: readonly string[];
  /** Undefined where there is none, or it isn't known. */
  readonly prometheusUrl: string | undefined;
  /** Settings of logging/elasticsearch. */
  readonly elasticsearch: Readonly<Record<string, string | undefined>> | undefined;
  readonly local: LocalStack | undefined;
  /** Where the report goes. */
  readonly directory: string;
}

/** Where a stack elsewhere is. */
const places = {
  API_URL: optional(serverUrl('http://127.0.0.1:3000')),
  METRICS_URL: optional(several(serverUrl('http://127.0.0.1:9464/metrics'))),
  PROMETHEUS_URL: optional(serverUrl('http://127.0.0.1:9090')),
  ELASTICSEARCH_URL: optional(serverUrl('http://127.0.0.1:9200')),
  PLATFORM_NAMESPACE: optional(text('the name of a namespace')),
};

/** Throws a sentence when a setting is wrong or no stack runs. */
export function findStack(environment: Environment, settings: Settings): Stack {
  const directory = settings.stackDirectory;
  const { PLATFORM_NAMESPACE: platformNamespace, ...urls } = readSettings(places, environment);
  const { API_URL: apiUrl, METRICS_URL: metricsUrls = [], PROMETHEUS_URL: prometheusUrl } = urls;
  if (apiUrl !== undefined)
    return {
      apiUrl,
      clientsUrl: undefined,
      metricsUrls,
      prometheusUrl,
      elasticsearch: urls.ELASTICSEARCH_URL === undefined ? undefined : environment,
      local: undefined,
      directory,
      platformNamespace,
    };
  const [named] = Object.entries(urls).find(([, value]) => value !== undefined) ?? [];
  if (named !== undefined)
    throw new Error(`${named} is set, and API_URL is not: say where the API of that stack is, too.`);
  const stack = stackInDocker(directory) ?? nativeStack(settings);
  if (stack === undefined)
    throw new Error(
      'No stack runs here. Start one (make up), or say where one is: make verify API_URL=http://… METRICS_URL=… PROMETHEUS_URL=…',
    );
  return stack;
}

/** Why there is no Prometheus to ask. */
export function withoutPrometheus({ prometheusUrl, local }: Stack): string | undefined {
  if (prometheusUrl !== undefined) return undefined;
  if (local === undefined) return 'PROMETHEUS_URL is not set';
  return `Prometheus is ${local.conditionOf('prometheus')} in this stack`;
}

/** Why there is no log to search. */
export function withoutElasticsearch({ elasticsearch, local }: Stack): string | undefined {
  if (elasticsearch !== undefined) return undefined;
  if (local === undefined) return 'ELASTICSEARCH_URL is not set';
  const [stored, shipped] = ['elasticsearch', 'log-shipper'].map(local.conditionOf);
  return `Elasticsearch is ${stored} in this stack, and the log shipper ${shipped}`;
}

export function withoutMetrics({ metricsUrls }: Stack): string | undefined {
  return metricsUrls.length === 0 ? 'METRICS_URL is not set' : undefined;
}

export function notLocal({ local }: Stack): string | undefined {
  return local === undefined ? 'the stack was not started here' : undefined;
}

/** Panels show all instances, and two are never scraped at the same moment: only of one is it known what they have to show. */
export function severalInstances({ metricsUrls }: Stack): string | undefined {
  return metricsUrls.length > 1
    ? `there are ${metricsUrls.length} instances, scraped at different moments`
    : undefined;
}
