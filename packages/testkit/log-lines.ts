import { appendFileSync } from 'node:fs';
import { serviceName } from '@sightline/contract/signals.ts';

/** A line as the API writes it, with the id `<boot>-<sequence>`. */
export function line(
  boot: string,
  sequence: number,
  further: Readonly<Record<string, unknown>> = {},
): string {
  const fields = {
    'log.level': 'info',
    '@timestamp': new Date().toISOString(),
    'event.id': `${boot}-${sequence}`,
    'event.sequence': sequence,
    'ecs.version': '9.2.0',
    'service.name': serviceName,
    'event.action': 'request',
    'http.request.id': `request-${sequence}`,
    message: 'GET /v1/todos 200',
    ...further,
  };
  return `${JSON.stringify(fields)}\n`;
}

/** Lines of these sequence numbers, both included. */
export const lines = (boot: string, first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, index) => line(boot, first + index)).join('');

/** A boot that logs to a file, numbering its lines. */
export function writer(boot: string, path: () => string) {
  let sequence = 0;
  return {
    get written() {
      return sequence;
    },
    write(count: number): void {
      appendFileSync(path(), lines(boot, sequence + 1, sequence + count));
      sequence += count;
    },
  };
}
