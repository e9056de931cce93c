/** Requests as the service counts them, and what they are to an SLO: a reading of the contract apart from jsonnet's. */
import type { Matcher, Selectors, Slo } from '@sightline/contract/signal.ts';
import { type metrics, routeClasses, unmatchedRoute } from '@sightline/contract/signals.ts';
import { api, counterEvery, notation, type Phase } from './case.ts';

export interface Request {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

const routes = [
  ['GET', '/v1/todos/:id'],
  ['POST', '/v1/todos'],
  ['DELETE', '/v1/todos/:id'],
  ['GET', '/v1/users/me'],
  ['GET', '/.well-known/jwks.json'],
  ['DELETE', '/v1/users/me'],
  ['POST', '/v1/sessions'],
  ['POST', '/v1/todos/batch'],
  ['GET', '/docs'],
  ['other', unmatchedRoute],
] as const;

/** On both sides of each threshold that an SLO has, and the buckets around them. */
const durations = [0.08, 0.2, 0.4, 0.9, 2];
const buckets = [0.05, 0.1, 0.25, 0.5, 1] as const satisfies readonly Bucket[];
type Bucket = (typeof metrics.http_request_duration_seconds.buckets)[number];
const bounds = [...buckets, Number.POSITIVE_INFINITY];

/** Requests of every kind that an SLO tells apart. */
export const requests: readonly Request[] = routes.flatMap(([method, route]) => [
  ...durations.map((seconds) => ({ method, route, status: 200, seconds })),
  ...[404, 499, 500, 503].map((status) => ({ method, route, status, seconds: 0.004 })),
]);

type LabelSet = Readonly<Record<string, string>>;
interface Increment {
  readonly metric: string;
  readonly labels: LabelSet;
}

/** The series that go up by one with the request. */
function increments({ method, route, status, seconds }: Request): readonly Increment[] {
  const counted = { metric: 'http_requests_total', labels: { method, route, status: String(status) } };
  // Nobody waited for the answer to a request whose client went away.
  if (status === 499) return [counted];
  const labels = { method, route, status_class: `${Math.floor(status / 100)}xx` };
  return [
    counted,
    { metric: 'http_request_duration_seconds_count', labels },
    ...bounds
      .filter((bound) => seconds <= bound)
      .map((bound) => ({
        metric: 'http_request_duration_seconds_bucket',
        // As Prometheus 3 writes them.
        labels: {
          ...labels,
          le: bound === Number.POSITIVE_INFINITY ? '+Inf' : `${bound}${Number.isInteger(bound) ? '.0' : ''}`,
        },
      })),
  ];
}

function matches(labels: LabelSet, [label, operator, value]: Matcher): boolean {
  const given = labels[label] ?? '';
  const equal = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(given) : given === value;
  return equal === operator.startsWith('=');
}

/** How often the request counts on this side of an SLO. */
function counts({ metric, matchers }: Slo['total'], routeClass: Selectors, request: Request): number {
  return increments(request).filter(
    (increment) =>
      increment.metric === metric &&
      routeClass.some((selection) =>
        [...selection, ...matchers].every((each) => matches(increment.labels, each)),
      ),
  ).length;
}

/** Whether a request is good or bad to the SLO, or none of its events. */
export function standing(slo: Slo, request: Request): 'good' | 'bad' | 'outside' {
  const routeClass = (routeClasses as Readonly<Record<string, Selectors>>)[slo.routeClass] ?? [];
  const total = counts(slo.total, routeClass, request);
  const good = counts(slo.good, routeClass, request);
  if (total > 1 || good > total)
    throw new Error(`${JSON.stringify(request)} counts ${good} times as good, ${total} times in all.`);
  if (total === 0) return 'outside';
  return good === 1 ? 'good' : 'bad';
}

/** Requests of one kind: how many a minute in each phase. */
export interface Traffic {
  readonly request: Request;
  readonly instance: string;
  readonly phases: readonly Phase[];
}

/** The series of the metrics that the SLO looks at, when there is this traffic. */
export function seriesOf(
  slo: Slo,
  traffic: readonly Traffic[],
  every: number,
): Readonly<Record<string, string>> {
  const byName = new Map<string, (readonly Phase[])[]>();
  for (const { request, instance, phases } of traffic)
    for (const { metric, labels } of increments(request)) {
      if (metric !== slo.total.metric && metric !== slo.good.metric) continue;
      const name = notation(metric, { ...api, instance, ...labels });
      byName.set(name, [...(byName.get(name) ?? []), phases]);
    }
  return Object.fromEntries([...byName].map(([name, all]) => [name, counterEvery(every, sum(all))]));
}

/** The phases of several, put together. They have to be as long as each other. */
function sum(all: readonly (readonly Phase[])[]): readonly Phase[] {
  const [first = []] = all;
  return first.map(([minutes], index) => [
    minutes,
    all.reduce((rate, phases) => {
      const [length, perMinute] = phases[index] ?? [];
      if (length !== minutes || perMinute === undefined)
        throw new Error(`Phase ${index} of the traffic takes ${minutes} minutes here and ${length} there.`);
      return rate + perMinute;
    }, 0),
  ]);
}
