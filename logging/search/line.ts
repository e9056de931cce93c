import { visibleInLine } from '@sightline/telemetry/visible.ts';

/** A log line with flat names, as the service writes it. */
export type Line = Readonly<Record<string, unknown>>;

/** The same line whether its names are flat or, as Filebeat and Logstash send it, nested. */
export function flatten(document: object, prefix = ''): Line {
  const members = Object.entries(document).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(flatten(value, `${prefix}${name}.`))
      : [[`${prefix}${name}`, value] as const],
  );
  return Object.fromEntries(members);
}

const columns = [
  { field: '@timestamp', width: 24 },
  { field: 'log.level', width: 5 },
  { field: 'event.action', width: 18 },
  { field: 'labels.route', width: 22 },
  { field: 'http.response.status_code', width: 3 },
] as const;

/** The line for people: time, level, action, route, status, message. Fields that it lacks are a dash. */
export function readable(line: Line): string {
  const cells = columns.map(({ field, width }) => visibleInLine(String(line[field] ?? '-')).padEnd(width));
  return [...cells, visibleInLine(String(line['message'] ?? ''))].join('  ').trimEnd();
}
