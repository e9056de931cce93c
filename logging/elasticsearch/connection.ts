/** How the programs of this folder and its neighbours reach Elasticsearch. */
import { Client, errors } from '@elastic/elasticsearch';
import { fileText, fixedPort, matching, optional, serverUrl, text } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

/** The data stream that both paths of the logs write to. */
export const dataStream = 'logs-todo-default';

/** How long lines are kept unless LOG_RETENTION says otherwise. */
export const defaultRetention = '30d';

/** LOG_RETENTION, as Elasticsearch writes durations. */
export const retention = {
  ...matching('days, hours or minutes, as in 30d, 12h or 90m', /^[1-9]\d{0,4}[dhm]$/),
  unset: defaultRetention,
};

/** @throws SettingsError when it is none */
export const readRetention = (environment: Environment): string =>
  readSettings({ LOG_RETENTION: retention }, environment).LOG_RETENTION;

export interface Connection {
  readonly url: string;
  readonly client: Client;
}

/** An answer of Elasticsearch; a status of 400 and above is an answer too. */
export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** The settings that the README lists. Credentials come from files. */
const settings = {
  ELASTICSEARCH_URL: optional(serverUrl('http://127.0.0.1:9200')),
  ELASTICSEARCH_PORT: { ...fixedPort, unset: '9200' },
  ELASTICSEARCH_API_KEY_FILE: optional(fileText),
  ELASTICSEARCH_USERNAME: { ...text('the name of a user'), unset: 'elastic' },
  ELASTICSEARCH_PASSWORD_FILE: optional(fileText),
  ELASTICSEARCH_CA_FILE: optional(fileText),
};

/**
 * Reads the settings that the README lists. Nothing is sent yet.
 * @throws SettingsError that names what is wrong, or whose file can't be read
 */
export function connect(environment: Environment): Connection {
  const given = readSettings(settings, environment);
  const {
    ELASTICSEARCH_URL: url = `http://127.0.0.1:${given.ELASTICSEARCH_PORT}`,
    ELASTICSEARCH_API_KEY_FILE: apiKey,
    ELASTICSEARCH_PASSWORD_FILE: password,
    ELASTICSEARCH_CA_FILE: ca,
  } = given;
  const client = new Client({
    node: url,
    maxRetries: 0,
    requestTimeout: 30_000,
    ...(apiKey !== undefined && { auth: { apiKey } }),
    ...(password !== undefined && { auth: { username: given.ELASTICSEARCH_USERNAME, password } }),
    ...(ca !== undefined && { tls: { ca } }),
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
