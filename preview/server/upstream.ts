/** Asks the servers behind the preview. Only what the routes name is asked, and only to read. */
import { Refusal } from './refusal.ts';

export interface Upstream {
  /** For sentences: `Prometheus`. */
  readonly name: string;
  /** `http://127.0.0.1:9090` */
  readonly url: string;
}

/** Parameters of a request; with a form it is a POST, since queries may be long. */
interface Asked {
  readonly form?: Readonly<Record<string, string>>;
  readonly parameters?: readonly (readonly [name: string, value: string])[];
}

/**
 * JSON of an upstream, with any status.
 * @throws Refusal 502 when it does not answer or answers no JSON, 504 when it is too slow
 */
export async function ask(
  { name, url }: Upstream,
  path: string,
  { form, parameters = [] }: Asked,
  timeoutMs: number,
): Promise<unknown> {
  const query = new URLSearchParams(parameters.map(([one, value]) => [one, value])).toString();
  const address = `${url}${path}${query === '' ? '' : `?${query}`}`;
  try {
    const response = await fetch(address, {
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return JSON.parse(await response.text()) as unknown;
  } catch (error) {
    throw refusalOf({ name, url }, error, timeoutMs);
  }
}

function refusalOf({ name, url }: Upstream, error: unknown, timeoutMs: number): Refusal {
  if (error instanceof SyntaxError)
    return new Refusal(502, `${name} at ${url} answers with no JSON: is it a ${name}?`);
  if ((error as Error).name === 'TimeoutError')
    return new Refusal(
      504,
      `${name} at ${url} did not answer within ${timeoutMs / 1000} s. Ask for a shorter time.`,
    );
  return new Refusal(502, `${name} at ${url} does not answer. Does it run? See make status.`);
}

/** Works on at most so many at once, whoever asks. */
export function limiter(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Its place goes on to the next one.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
