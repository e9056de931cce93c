/** A run's result for people, for CI and for a browser. */
import type { LoadSummary } from './summary.ts';

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const rateLimited = ({ counts }: LoadSummary) =>
  counts.filter(({ status }) => status === 429).reduce((sum, { count }) => sum + count, 0);

/** Sums up a run in a sentence or two. */
function headline(summary: LoadSummary): string {
  const { profile, target, seconds, requests, journeys, droppedJourneys, clientErrorShare } = summary;
  const dropped = droppedJourneys > 0 ? `, ${droppedJourneys} more could not begin` : '';
  const limited = rateLimited(summary);
  return (
    `${profile} on ${target}: ${journeys} journeys${dropped}, ${requests} requests in ${seconds.toFixed(0)} s, ` +
    `${percent(clientErrorShare)} of them answered with 4xx.` +
    (limited > 0 ? ` ${limited} were refused with 429: lower RATE, or raise RATE_LIMIT_* of the API.` : '')
  );
}

/** A threshold, written for people: `http_req_duration{class:fast} p(99)<=100`. */
const limitOf = ({ metric, limit }: LoadSummary['thresholds'][number]) => `${metric} ${limit}`;

export function asText(summary: LoadSummary): string {
  const rows = summary.latency.map(
    ({ class: name, requests, p50, p95, p99, p999, max }) =>
      `  ${name.padEnd(6)}${[`${requests}`, ms(p50), ms(p95), ms(p99), ms(p999), ms(max)].map((cell) => cell.padStart(10)).join('')}`,
  );
  const head = ['requests', 'p50', 'p95', 'p99', 'p99.9', 'max'].map((cell) => cell.padStart(10)).join('');
  const failedChecks = summary.checks.filter(({ fails }) => fails > 0);
  return [
    headline(summary),
    `  ${''.padEnd(6)}${head}`,
    ...rows,
    ...summary.thresholds.map((each) => `  ${each.ok ? 'ok    ' : 'FAILED'} ${limitOf(each)}`),
    ...failedChecks.map(
      ({ name, passes, fails }) => `  FAILED ${name}: ${fails} of ${passes + fails} did not`,
    ),
    '',
  ].join('\n');
}

/** A test case a threshold and a check. */
export function asJUnit(summary: LoadSummary): string {
  const suites = [
    {
      name: 'thresholds',
      cases: summary.thresholds.map((each) => ({ name: limitOf(each), fault: each.ok ? '' : 'crossed' })),
    },
    {
      name: 'checks',
      cases: summary.checks.map(({ name, passes, fails }) => ({
        name,
        fault: fails === 0 ? '' : `${fails} of ${passes + fails} did not`,
      })),
    },
  ];
  const seconds = summary.seconds.toFixed(3);
  const lines = suites.flatMap(({ name, cases }) => [
    `  <testsuite name="${escaped(`${summary.profile} ${name}`)}" tests="${cases.length}" ` +
      `failures="${cases.filter(({ fault }) => fault !== '').length}" time="${seconds}">`,
    ...cases.map(({ name: test, fault }) =>
      fault === ''
        ? `    <testcase name="${escaped(test)}"/>`
        : `    <testcase name="${escaped(test)}"><failure message="${escaped(fault)}"/></testcase>`,
    ),
    '  </testsuite>',
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${lines.join('\n')}\n</testsuites>\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>\n${[line('th', head), ...rows.map((row) => line('td', row))].join('\n')}\n</table>`;
}

export function asHtml(summary: LoadSummary): string {
  const { testId, latency, thresholds, counts, checks } = summary;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(`Load test ${testId}`)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 0 0 2rem }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .75rem; text-align: left }
</style>
<h1>${summary.ok ? 'Passed' : 'Failed'}: ${escaped(testId)}</h1>
<p>${escaped(headline(summary))}</p>
<h2>Thresholds</h2>
${table(
  ['Limit', ''],
  thresholds.map((each) => [limitOf(each), each.ok ? 'kept' : 'crossed']),
)}
<h2>Latency</h2>
${table(
  ['Routes', 'Requests', 'p50', 'p95', 'p99', 'p99.9', 'max'],
  latency.map((each) => [
    each.class,
    String(each.requests),
    ...[each.p50, each.p95, each.p99, each.p999, each.max].map(ms),
  ]),
)}
<h2>Requests</h2>
${table(
  ['Method', 'Route', 'Status', 'Count'],
  counts.map(({ method, route, status, count }) => [method, route, String(status), String(count)]),
)}
<h2>Checks</h2>
${table(
  ['Check', 'Passed', 'Failed'],
  checks.map(({ name, passes, fails }) => [name, String(passes), String(fails)]),
)}
</html>
`;
}
