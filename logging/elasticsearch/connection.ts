/** How the programs of this folder and its neighbours reach Elasticsearch. */
import { readFileSync } from 'node:fs';
import { Client, errors } from '@elastic/elasticsearch';

/** The data stream that both paths of the logs write to. */
export const dataStream = 'logs-todo-default';

/** How long lines are kept unless LOG_RETENTION says otherwise. */
export const defaultRetention = '30d';

/** LOG_RETENTION, as Elasticsearch writes durations. @throws Error with a sentence when it is none */
export function readRetention(environment: Environment): string {
  const retention = environment['LOG_RETENTION'] || defaultRetention;
  if (/^[1-9]\d{0,4}[dhm]$/.test(retention)) return retention;
  throw new Error(`LOG_RETENTION is "${retention}"; it takes days, hours or minutes, as in 30d, 12h or 90m.`);
}

export interface Connection {
  readonly url: string;
  readonly client: Client;
}

/** What Elasticsearch answered; a status of 400 and above is an answer too. */
export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings that the README lists. Nothing is sent yet. Throws a sentence that names the setting which is
 * wrong, or whose file can't be read.
 */
export function connect(environment: Environment): Connection {
  const url =
    environment['ELASTICSEARCH_URL'] || `http://127.0.0.1:${environment['ELASTICSEARCH_PORT'] || 9200}`;
  const { protocol, username } = parse(url);
  if (!/^https?:$/.test(protocol) || username !== '')
    throw new Error(
      'ELASTICSEARCH_URL takes http://HOST:PORT or https://HOST:PORT, without a user: credentials come from files.',
    );
  const apiKey = secret(environment, 'ELASTICSEARCH_API_KEY_FILE');
  const password = secret(environment, 'ELASTICSEARCH_PASSWORD_FILE');
  const ca = secret(environment, 'ELASTICSEARCH_CA_FILE');
  const client = new Client({
    node: url,
    maxRetries: 0,
    requestTimeout: 30_000,
    ...(apiKey === undefined ? {} : { auth: { apiKey } }),
    ...(password === undefined
      ? {}
      : { auth: { username: environment['ELASTICSEARCH_USERNAME'] || 'elastic', password } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  return { url, client };
}

/** Sends one request. Throws a sentence when no answer comes, or none that it may go on with. */
export async function ask<Body>(
  { url, client }: Connection,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<Answer<Body>> {
  try {
    const answer = await client.transport.request<Body>(
      { method, path, ...(body === undefined ? {} : { body }) },
      { meta: true, ignore: [400, 404, 405] },
    );
    return { status: answer.statusCode, body: answer.body };
  } catch (error) {
    throw new Error(sentence(url, error), { cause: error });
  }
}

/** The reason that Elasticsearch gives in an answer that is an error. */
export function reasonIn(body: unknown): string {
  const { error } = body as { error?: string | { reason?: string } };
  return (typeof error === 'string' ? error : error?.reason) ?? JSON.stringify(body);
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new Error(`ELASTICSEARCH_URL is "${url}", which is no address such as http://127.0.0.1:9200.`);
  }
}

function secret(environment: Environment, setting: string): string | undefined {
  const file = environment[setting];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${setting} names ${file}, which can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function sentence(url: string, error: unknown): string {
  if (error instanceof errors.ResponseError) {
    const { statusCode } = error;
    if (statusCode === 401 || statusCode === 403)
      return (
        `Elasticsearch at ${url} refuses these credentials (${statusCode}): set ELASTICSEARCH_API_KEY_FILE, or ` +
        'ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD_FILE, to a user with the rights that the README lists.'
      );
    return `Elasticsearch at ${url} answers ${statusCode}: ${reasonIn(error.body)}`;
  }
  const reason = (error as Error).message;
  return (
    `Elasticsearch at ${url} does not answer (${reason}). Start it by \`make up COMPONENTS=logs\`, or set ` +
    'ELASTICSEARCH_URL to where it is.'
  );
}
