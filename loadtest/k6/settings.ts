/** Settings of a run, from its environment; loadtest/run.ts checks it before. */

/** Where the API is. */
export const target = __ENV['TARGET'] ?? 'http://127.0.0.1:3000';
export const profileName = __ENV['PROFILE'] ?? 'unnamed';
/** Tells the runs in Prometheus apart. */
export const testId = __ENV['TESTID'] ?? profileName;
/** Where the results are written; nowhere without. */
export const outputDirectory = __ENV['OUTPUT_DIR'];
/** How long the arrivals go on, in seconds, in place of the profile's own time. */
export const duration = __ENV['DURATION'] === undefined ? undefined : Number(__ENV['DURATION']);
/** Whether users come from addresses of their own: only a stack of this machine believes that. */
export const ownAddresses = __ENV['OWN_ADDRESSES'] === '1';
/** Journeys a second at the profile's highest, in place of its own. */
export const rate = __ENV['RATE'] === undefined ? undefined : Number(__ENV['RATE']);
