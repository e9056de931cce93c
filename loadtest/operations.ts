/** The facts of the API and of its SLOs that the load test needs; `generate.ts` writes it down for k6. */
import { describeApi } from '@sightline/app/src/openapi/describe.ts';
import type { Matcher, Selectors, Slo } from '@sightline/contract/signal.ts';
import { routeClasses, slos } from '@sightline/contract/signals.ts';

/** An operation of the API as the metrics know it. */
export interface Operation {
  readonly method: string;
  /** The template, as in the metrics' label: `/v1/todos/:id`. */
  readonly route: string;
  /** Which latency SLOs hold for it. */
  readonly class: 'fast' | 'slow';
  /** Every status that it may answer with. */
  readonly statuses: readonly number[];
}

type Labels = Readonly<Record<string, string>>;

const operators: Readonly<Record<Matcher[1], (value: string, pattern: string) => boolean>> = {
  '=': (value, pattern) => value === pattern,
  '!=': (value, pattern) => value !== pattern,
  '=~': (value, pattern) => new RegExp(`^(?:${pattern})$`).test(value),
  '!~': (value, pattern) => !new RegExp(`^(?:${pattern})$`).test(value),
};

/** Whether any of the selections takes a series with these labels. */
function takes(selectors: Selectors, labels: Labels): boolean {
  return selectors.some((matchers) =>
    matchers.every(([label, operator, value]) => operators[operator](labels[label] ?? '', value)),
  );
}

/** The operations that the SLOs are about, by their names in the OpenAPI document. */
export async function operations(): Promise<Record<string, Operation>> {
  const { paths = {} } = await describeApi();
  const found: Record<string, Operation> = {};
  for (const [path, item] of Object.entries(paths)) {
    for (const [verb, operation] of Object.entries(item as Record<string, unknown>)) {
      const { operationId, responses } = operation as { operationId?: string; responses?: object };
      const method = verb.toUpperCase();
      const route = path.replace(/\{(\w+)\}/g, ':$1');
      if (operationId === undefined || !takes(routeClasses.api, { method, route })) continue;
      found[operationId] = {
        method,
        route,
        class: takes(routeClasses.slow, { method, route }) ? 'slow' : 'fast',
        statuses: Object.keys(responses ?? {}).map(Number),
      };
    }
  }
  return found;
}

/** Thresholds of k6, by its metric: the SLOs as k6 can measure them. Durations are in milliseconds. */
export function sloThresholds(): Record<string, string[]> {
  const thresholds: Record<string, string[]> = {};
  for (const [name, slo] of Object.entries<Slo>(slos)) {
    const metric =
      slo.routeClass === 'api' ? 'http_req_failed' : `http_req_duration{class:${slo.routeClass}}`;
    thresholds[metric] = [...(thresholds[metric] ?? []), threshold(name, slo)];
  }
  return thresholds;
}

function threshold(name: string, { objective, good }: Slo): string {
  const rounded = (value: number) => Number(value.toFixed(6));
  // What k6 calls failed is a 5xx, or no answer at all.
  if (good.metric === 'http_requests_total') return `rate<=${rounded(1 - objective)}`;
  const [, , bound] = good.matchers.find(([label]) => label === 'le') ?? [];
  const seconds = Number.parseFloat(bound ?? '');
  if (Number.isNaN(seconds)) throw new Error(`The SLO ${name} is neither of statuses nor of a duration.`);
  return `p(${rounded(100 * objective)})<=${rounded(seconds * 1000)}`;
}
