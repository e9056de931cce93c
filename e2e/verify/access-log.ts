/** The requests of the API, by its log. */
import { statSync } from 'node:fs';
import { unmatchedRoute } from '@sightline/contract/signals.ts';
import { readFrom } from '@sightline/servers/log-file.ts';

export interface LoggedRequest {
  readonly id: string;
  /** When it was over, in milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** The log of all instances of the API. */
export interface AccessLog {
  /** A place in it: what is logged from now on is behind it. */
  readonly end: () => number;
  /** The requests that were logged since `end` gave this place. */
  readonly requestsSince: (place: number) => readonly LoggedRequest[];
}

/** A log file; places in it are in bytes. */
export const logOfFile = (file: string): AccessLog => ({
  end: () => statSync(file, { throwIfNoEntry: false })?.size ?? 0,
  requestsSince: (offset) => requestsIn(readFrom(file, offset).text),
});

/** The requests of log lines. A damaged one is left out: counts then tell of a request that the log lacks. */
export function requestsIn(text: string): readonly LoggedRequest[] {
  return text.split('\n').flatMap((line) => {
    if (!line.includes('"event.action":"request"')) return [];
    const fields = fieldsOf(line);
    if (fields === undefined) return [];
    return [
      {
        id: String(fields['http.request.id']),
        at: Date.parse(String(fields['@timestamp'])),
        method: String(fields['http.request.method']),
        route: String(fields['labels.route'] ?? unmatchedRoute),
        status: Number(fields['http.response.status_code']),
        seconds: Number(fields['event.duration']) / 1e9,
      },
    ];
  });
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
