/** Asks a web application of the stack, as whoever its settings say. */
import { readFileSync } from 'node:fs';
import { fetchText } from '@sightline/testkit/prometheus.ts';

export interface Application {
  readonly url: string;
  /** The log-in as header fields; empty where nobody asks. */
  readonly headers: Readonly<Record<string, string>>;
  /** @throws Error with a sentence when it answers another status than 200 */
  readonly text: (path: string, init?: RequestInit) => Promise<string>;
  /** @throws Error with a sentence, also when it answers no JSON */
  readonly ask: <Body>(path: string, init?: RequestInit) => Promise<Body>;
}

/** The defaults of an application, and the name that its settings begin with. */
export interface Login {
  /** Its name for people, with which its settings begin: `GRAFANA`. */
  readonly name: string;
  readonly defaultUrl: string;
  readonly defaultUser: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An application at `<NAME>_URL`, used as `<NAME>_USERNAME` with the password in `<NAME>_PASSWORD_FILE`;
 * without the last nobody logs in.
 * @throws Error with a sentence when the file can't be read
 */
export function applicationOf(environment: NodeJS.ProcessEnv, login: Login): Application {
  const setting = (name: string) => environment[`${login.name}_${name}`];
  const url = (setting('URL') || login.defaultUrl).replace(/\/$/, '');
  const file = setting('PASSWORD_FILE');
  const user = setting('USERNAME') || login.defaultUser;
  const headers = {
    ...login.headers,
    ...(file && {
      authorization: `Basic ${btoa(`${user}:${secretIn(`${login.name}_PASSWORD_FILE`, file)}`)}`,
    }),
  };
  const place = (path: string) => `${url}${path.replace(/\?.*/, '')}`;
  async function text(path: string, init: RequestInit = {}): Promise<string> {
    const answer = await fetchText(`${url}${path}`, {
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string> | undefined) },
    });
    const { status } = answer;
    if (status === 401 || status === 403)
      throw new Error(
        `${place(path)} does not let ${file ? user : 'somebody without a password'} in (${status}): set ${login.name}_PASSWORD_FILE.`,
      );
    if (status !== 200) throw new Error(`${place(path)} answers ${status}: ${answer.text.slice(0, 300)}`);
    return answer.text;
  }
  return {
    url,
    headers,
    text,
    async ask<Body>(path: string, init?: RequestInit) {
      const answer = await text(path, init);
      try {
        return JSON.parse(answer) as Body;
      } catch {
        throw new Error(`${place(path)} answers no JSON: is ${login.name}_URL right?`);
      }
    },
  };
}

function secretIn(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${setting} names ${file}, which can't be read: ${(error as Error).message}`);
  }
}
