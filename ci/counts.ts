import { readFileSync } from 'node:fs';

/** The counts of jest's report. */
export interface Counts {
  passed: number;
  failed: number;
  /** Names of what was not run; a test's name says why. */
  skipped: string[];
  /** Failures, written for people. */
  problems: string[];
}

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string }[];
  }[];
}

/**
 * Counts the tests of jest's JSON report. A file that could not run, a run without any test, one that ended badly
 * although no test failed, and a report that is missing each count as one failure.
 */
export function countJest(reportFile: string, end: string): Counts {
  const report = readReport(reportFile);
  if (report === undefined) {
    return { passed: 0, failed: 1, skipped: [], problems: [`jest ended with ${end} and left no report`] };
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const named = (...statuses: string[]) =>
    tests.filter(({ status }) => statuses.includes(status)).map(({ fullName }) => fullName);
  const problems = [
    ...named('failed'),
    ...report.testResults
      .filter(
        ({ status, assertionResults }) =>
          status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
      )
      .map(({ name, message }) => `${name} could not run: ${message.trim()}`),
  ];
  if (problems.length === 0 && report.numPassedTests === 0) problems.push('jest found no test');
  if (problems.length === 0 && end !== '0') problems.push(`jest ended with ${end} although no test failed`);
  return {
    passed: report.numPassedTests,
    failed: problems.length,
    skipped: named('pending', 'todo', 'skipped', 'disabled'),
    problems,
  };
}

function readReport(file: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } catch {
    // Missing or cut off: jest died before it was done.
    return undefined;
  }
}
