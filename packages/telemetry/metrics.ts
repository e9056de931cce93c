import type { Emitter, LabelValues, MetricSignal } from '@sightline/contract/signal.ts';
import { metrics as declared, timedRoute } from '@sightline/contract/signals.ts';
import { Counter, Gauge, Histogram, Registry, type RegistryContentType } from 'prom-client';

type Declared = typeof declared;
type NamesOf<By extends Emitter, Type extends MetricSignal['type']> = {
  [Name in keyof Declared]: Declared[Name] extends { type: Type; emitter: By } ? Name : never;
}[keyof Declared];
type MetricName = keyof Declared;

/** A label takes a listed value; any string where the list is made elsewhere. */
export type Labels<Name extends MetricName> = {
  -readonly [Label in keyof Declared[Name]['labels']]: Declared[Name]['labels'][Label] extends readonly (infer Value extends
    string)[]
    ? Value
    : string;
};

/** The trace that a measured request belongs to. */
export interface Exemplar {
  readonly trace_id: string;
  readonly span_id: string;
}

/** An endpoint whose series are there before its first request. */
export interface InitialRoute {
  readonly method: Labels<'http_requests_total'>['method'];
  readonly route: string;
  readonly statuses: readonly number[];
}

/** The instruments of a program, by their names in the contract. Values are in the units declared there. */
export interface Metrics<By extends Emitter = 'api'> {
  count<Name extends NamesOf<By, 'counter'>>(name: Name, labels: Labels<Name>, by?: number): void;
  set<Name extends NamesOf<By, 'gauge'>>(name: Name, labels: Labels<Name>, value: number): void;
  observe<Name extends NamesOf<By, 'histogram'>>(
    name: Name,
    labels: Labels<Name>,
    value: number,
    exemplar?: Exemplar,
  ): void;
  /** Runs before each scrape, for values that are read rather than counted; it must not wait. */
  beforeScrape(read: () => void): void;
  initialiseRoutes(routes: readonly InitialRoute[]): void;
  /** The answer to `GET /metrics`. */
  scrape(): Promise<{ contentType: string; text: string }>;
}

/** Told of what a reader of `beforeScrape` threw; the scrape goes on with the values from before. */
export type ReaderFailed = (error: unknown) => void;

export type MetricsFormat = 'openmetrics' | 'prometheus';

const contentTypes: Readonly<Record<MetricsFormat, RegistryContentType>> = {
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
};

/** Each combination of the labels' listed values. */
function combinations(labels: Readonly<Record<string, LabelValues>>): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    if ('boundedBy' in values) throw new Error(`The values of ${name} are not listed.`);
    all = all.flatMap((each) => values.map((value) => ({ ...each, [name]: value })));
  }
  return all;
}

/** `2xx` of 204. */
export function statusClass(status: number): Labels<'http_request_duration_seconds'>['status_class'] {
  return status < 300 ? '2xx' : status < 400 ? '3xx' : status < 500 ? '4xx' : '5xx';
}

/**
 * Makes every metric that the API emits, in a registry of its own.
 * @param format of the answer to a scrape, fixed for good: one registry can't serve both. Exemplars need OpenMetrics.
 */
export const createMetrics = (format: MetricsFormat, readerFailed?: ReaderFailed): Metrics =>
  createMetricsOf('api', format, readerFailed);

/** The same for the metrics of any program. */
export function createMetricsOf<By extends Emitter>(
  emitter: By,
  format: MetricsFormat,
  readerFailed: ReaderFailed = (error) => {
    throw error;
  },
): Metrics<By> {
  const registry = new Registry(contentTypes[format]);
  const exemplars = format === 'openmetrics';
  const counters = new Map<string, Counter<string>>();
  const gauges = new Map<string, Gauge<string>>();
  const histograms = new Map<string, Histogram<string>>();
  const withExemplars = new Set<string>();
  const readers: (() => void)[] = [];

  for (const [name, signal] of Object.entries<MetricSignal>(declared)) {
    if (signal.emitter !== emitter) continue;
    const { help, labels, buckets = [] } = signal;
    const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
    const initial = signal.initialised === 'all' ? combinations(labels) : [];
    if (signal.type === 'counter') {
      const counter = new Counter(options);
      for (const each of initial) counter.inc(each, 0);
      counters.set(name, counter);
    } else if (signal.type === 'gauge') {
      const gauge = new Gauge(options);
      // A gauge without labels starts at zero by itself.
      if (signal.initialised === 'none') gauge.remove({});
      for (const each of initial) gauge.set(each, 0);
      gauges.set(name, gauge);
    } else {
      const enableExemplars = exemplars && signal.exemplars === true;
      const histogram = new Histogram({ ...options, buckets: [...buckets], enableExemplars });
      for (const each of initial) histogram.zero(each);
      histograms.set(name, histogram);
      if (enableExemplars) withExemplars.add(name);
    }
  }

  /** Labels as prom-client takes them; that they are the metric's own is checked by type. */
  const given = (labels: object) => labels as Record<string, string>;
  const instrument = <Kind>(kind: ReadonlyMap<string, Kind>, name: string): Kind => {
    const found = kind.get(name);
    if (!found) throw new Error(`The metrics of ${emitter} have no ${name}.`);
    return found;
  };

  return {
    count: (name, labels, by = 1) => instrument(counters, name).inc(given(labels), by),
    set: (name, labels, value) => instrument(gauges, name).set(given(labels), value),
    observe(name, labels, value, exemplar) {
      const histogram = instrument(histograms, name);
      if (!withExemplars.has(name)) histogram.observe(given(labels), value);
      else
        histogram.observe({
          labels: given(labels),
          value,
          ...(exemplar && { exemplarLabels: { ...exemplar } }),
        });
    },
    beforeScrape: (read) => readers.push(read),
    initialiseRoutes(routes) {
      const requests = instrument(counters, 'http_requests_total');
      const durations = instrument(histograms, 'http_request_duration_seconds');
      for (const { method, route, statuses } of routes) {
        for (const status of statuses) requests.inc({ method, route, status: String(status) }, 0);
        for (const status_class of new Set(statuses.map(statusClass)))
          durations.zero({ method, route: timedRoute(route), status_class });
      }
    },
    async scrape() {
      for (const read of readers) {
        try {
          read();
        } catch (error) {
          readerFailed(error);
        }
      }
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
