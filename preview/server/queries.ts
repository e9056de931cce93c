/** `POST /api/queries`: all that a dashboard asks of Prometheus at once. */
import { objectOf } from '@sightline/testkit/grafana/walk.ts';
import { Refusal } from './refusal.ts';
import { ask, limiter, type Upstream } from './upstream.ts';

const maxQueries = 100;
const longestQuery = 10_000;
const maxPoints = 11_000;
/** Prometheus works on 20 at once, and has others to serve. */
const atOnce = 8;

/** A path of Prometheus's API with what it is sent. */
interface Asked {
  readonly path: '/api/v1/query' | '/api/v1/query_range';
  readonly form: Readonly<Record<string, string>>;
}

/** Throws a Refusal 400 that says which query is wrong. */
function queryOf(sent: unknown, index: number): Asked {
  const { expr, at, from, to, step } = objectOf(sent);
  const wrong = (what: string) => new Refusal(400, `Query ${index + 1} ${what}.`);
  if (typeof expr !== 'string' || expr === '' || expr.length > longestQuery)
    throw wrong(`has to have an expr of 1 to ${longestQuery} characters`);
  const isTime = (value: unknown): value is number => Number.isFinite(value);
  const seconds = (ms: number) => String(ms / 1000);
  if (isTime(at)) return { path: '/api/v1/query', form: { query: expr, time: seconds(at) } };
  if (!isTime(from) || !isTime(to) || !isTime(step) || step <= 0 || from > to)
    throw wrong('has to have a time: at, or from, to and step, in milliseconds');
  if ((to - from) / step > maxPoints)
    throw wrong(`asks for more than ${maxPoints} points: make the step longer`);
  return {
    path: '/api/v1/query_range',
    form: { query: expr, start: seconds(from), end: seconds(to), step: seconds(step) },
  };
}

/**
 * @returns what answers a body `{queries: [{expr, at} or {expr, from, to, step}]}`, times in milliseconds: for each
 *   query `{data}` as Prometheus gives it, or `{error}` with its sentence
 */
export function queryHandler(prometheus: Upstream, timeoutMs: number): (body: unknown) => Promise<unknown> {
  const limited = limiter(atOnce);
  return (body) => {
    const { queries } = objectOf(body);
    if (!Array.isArray(queries) || queries.length === 0 || queries.length > maxQueries)
      throw new Refusal(400, `The body has to have a list of 1 to ${maxQueries} queries.`);
    const asked = queries.map(queryOf);
    return Promise.all(
      asked.map(({ path, form }) =>
        limited(async () => {
          try {
            const { status, data, error } = objectOf(await ask(prometheus, path, { form }, timeoutMs));
            return status === 'success' ? { data } : { error: String(error ?? 'Prometheus gives no reason') };
          } catch (reason) {
            return { error: reason instanceof Error ? reason.message : String(reason) };
          }
        }),
      ),
    );
  };
}

/** `GET /api/labels?label=…&match=…&start=…&end=…`, times in milliseconds: the values of a label. */
export async function labelValues(
  prometheus: Upstream,
  asked: URLSearchParams,
  timeoutMs: number,
): Promise<unknown> {
  const label = asked.get('label') ?? '';
  if (!/^[a-zA-Z_]\w*$/.test(label)) throw new Refusal(400, `"${label}" is no name of a label.`);
  const [start, end] = ['start', 'end'].map((name) => Number(asked.get(name) || Number.NaN) / 1000);
  if (!Number.isFinite(start) || !Number.isFinite(end))
    throw new Refusal(400, 'The time is missing: start and end, in milliseconds.');
  const parameters = [
    ...asked.getAll('match').map((selector) => ['match[]', selector] as const),
    ['start', String(start)] as const,
    ['end', String(end)] as const,
  ];
  const answer = objectOf(await ask(prometheus, `/api/v1/label/${label}/values`, { parameters }, timeoutMs));
  if (answer['status'] !== 'success')
    throw new Refusal(422, String(answer['error'] ?? 'Prometheus gives no reason'));
  return answer['data'];
}
