/** Milliseconds by which the two clocks may come apart before they are set to each other again. */
const maxDriftMs = 5;

let offset = Date.now() - performance.now();

/**
 * The time of a span's start or end, in milliseconds since 1970. The clock of the day has whole milliseconds, and
 * OpenTelemetry would read it anew for each span, so that a child could end after its parent; here all read one
 * clock, which follows the day's when that was set.
 */
export function spanTime(): number {
  const elapsed = performance.now();
  const drift = Date.now() - (offset + elapsed);
  if (Math.abs(drift) > maxDriftMs) offset += drift;
  return offset + elapsed;
}
