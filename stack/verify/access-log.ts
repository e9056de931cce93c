/** The requests of the API, by its log file. */
import { statSync } from 'node:fs';
import { unmatchedRoute } from '../../app/src/telemetry/signals.ts';
import { readFrom } from '../native/log-file.ts';

export interface LoggedRequest {
  readonly id: string;
  /** When it was over, in milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Where the log ends now, in bytes. */
export function endOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The requests that were logged from an offset on. */
export function requestsSince(file: string, offset: number): readonly LoggedRequest[] {
  return readFrom(file, offset)
    .text.split('\n')
    .flatMap((line) => {
      if (!line.includes('"event.action":"request"')) return [];
      const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
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
