import { expect, test } from '@jest/globals';
import { createMetrics } from '@sightline/telemetry/metrics.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** A log, and its lines parsed, without what differs from line to line. */
function keptLog() {
  const lines: string[] = [];
  const log = createLog(
    { LOG_LEVEL: 'info', LOG_FORMAT: 'ecs' },
    {
      metrics: createMetrics('openmetrics'),
      destination: () => ({
        write: (line) => void lines.push(line),
        flush: () => Promise.resolve(0),
        flushNow: () => {},
      }),
    },
  );
  const parsed = () =>
    lines.map((line) => {
      expect(line.endsWith('}\n')).toBe(true);
      const { '@timestamp': time, ...fields } = JSON.parse(line) as Record<string, unknown>;
      expect(new Date(String(time)).toISOString()).toBe(time);
      return { names: Object.keys(fields), fields };
    });
  return { log, parsed };
}

/** Texts that lines are made of, as clients send them. */
const texts = [
  'plain',
  '',
  'a "quoted" \\ path',
  'line\nbreak\u0000\u001f\u007f',
  'ümläut 🦊 \u2028',
  'lone \ud800 surrogate',
];
const fields = texts.flatMap((text) => [
  { 'http.request.method': text, 'url.path': `/${text}` },
  { 'http.request.method': 'GET', 'labels.query_names': [text, 'b'], 'labels.route': undefined },
]);
const numbers = [0, 1234567, 1.5, 1e21, Number.NaN].map((value) => ({ 'event.duration': value }));

test.each([...fields, ...numbers].map((given) => ({ given })))(
  'a line of a request says what pino writes (case %#)',
  ({ given }) => {
    const { log, parsed } = keptLog();
    log.write('request', given, 'GET / 200');
    log.with(() => ({})).write('request', given, 'GET / 200');
    const [pinos, own] = parsed();
    const number = { 'event.id': expect.stringMatching(/-2$/), 'event.sequence': 2 };
    expect(own).toEqual({ names: pinos?.names, fields: { ...pinos?.fields, ...number } });
  },
);

test('a field that an event has itself is not written twice', () => {
  const { log, parsed } = keptLog();
  const bound = log.with(() => ({ 'user.id': 'bound', 'trace.id': 't' })).with(() => ({ 'span.id': 's' }));
  bound.write('user-erased', { 'user.id': 'own', 'event.outcome': 'success' });
  const [line] = parsed();
  expect(line?.fields).toMatchObject({ 'user.id': 'own', 'trace.id': 't', 'span.id': 's' });
  expect(line?.names).toHaveLength(new Set(line?.names).size);
});
