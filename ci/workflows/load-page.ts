import type { LoadSummary } from '@sightline/loadtest/k6/summary.ts';

const whole = (value: number) => Math.round(value).toLocaleString('en');
const ms = (value: number) => `${value < 10 ? value.toFixed(1) : whole(value)} ms`;
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

/** A table; a bar in a cell would end it. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * Writes the results of a load test as Markdown: the verdict first, then what was crossed, latency, checks.
 */
export function loadPage(summary: LoadSummary): string {
  const { profile, target, seconds, ok, requests, journeys, droppedJourneys, clientErrorShare } = summary;
  const crossed = summary.thresholds.filter((each) => !each.ok);
  const failing = summary.checks.filter(({ fails }) => fails > 0);
  const failures = summary.counts.filter(({ status }) => status === 0 || status >= 500);
  return `${[
    `### ${ok ? '✅' : '❌'} Load test ${profile}: ${crossed.length} of ${summary.thresholds.length} thresholds crossed`,
    `${whole(requests)} requests in ${whole(journeys)} journeys over ${whole(seconds)} s (${whole(requests / Math.max(seconds, 1))} a second) to ${target}; ` +
      `${percent(clientErrorShare)} of them 4xx, ${whole(droppedJourneys)} journeys not begun for want of k6's own capacity.`,
    ...(crossed.length > 0
      ? [
          table(
            ['Crossed', 'Limit'],
            crossed.map(({ metric, limit }) => [metric, limit]),
          ),
        ]
      : []),
    table(
      ['Routes', 'Requests', 'p50', 'p95', 'p99', 'p99.9', 'Slowest'],
      summary.latency.map(({ class: name, requests: count, p50, p95, p99, p999, max }) => [
        ...[name, whole(count)],
        ...[p50, p95, p99, p999, max].map(ms),
      ]),
    ),
    ...(failures.length > 0
      ? [
          table(
            ['Failed', 'Status', 'Requests'],
            failures.map(({ method, route, status, count }) => [
              ...[`${method} ${route}`, status === 0 ? 'no answer' : String(status)],
              whole(count),
            ]),
          ),
        ]
      : []),
    ...(failing.length > 0
      ? [
          table(
            ['Check', 'Failed', 'Held'],
            failing.map(({ name, fails, passes }) => [name, whole(fails), whole(passes)]),
          ),
        ]
      : []),
  ].join('\n\n')}\n`;
}
