import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { countJest } from '../counts.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-counts-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Statuses = Readonly<Record<string, string>>;

function count(files: Readonly<Record<string, Statuses | string>>, end: string) {
  const testResults = Object.entries(files).map(([name, tests]) => {
    const statuses = typeof tests === 'string' ? {} : tests;
    const failed = typeof tests === 'string' || Object.values(tests).includes('failed');
    return {
      name,
      status: failed ? 'failed' : 'passed',
      message: typeof tests === 'string' ? tests : '',
      assertionResults: Object.entries(statuses).map(([fullName, status]) => ({ fullName, status })),
    };
  });
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const number = (wanted: string) => all.filter(({ status }) => status === wanted).length;
  const report = join(folder, 'report.json');
  writeFileSync(
    report,
    JSON.stringify({ numPassedTests: number('passed'), numFailedTests: number('failed'), testResults }),
  );
  return countJest(report, end);
}

test('each test counts, and a skipped one keeps its name', () => {
  const counts = count(
    { 'a.test.ts': { works: 'passed', breaks: 'failed', 'waits (needs Docker)': 'pending' } },
    '1',
  );
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: ['waits (needs Docker)'], problems: ['breaks'] });
});

test('a test file that could not run is a failure with its reason', () => {
  const counts = count({ 'a.test.ts': { works: 'passed' }, 'b.test.ts': 'Cannot find module x' }, '1');
  expect(counts).toMatchObject({
    passed: 1,
    failed: 1,
    problems: ['b.test.ts could not run: Cannot find module x'],
  });
});

test('no test at all, a bad end without a failed test, and a missing report are failures', () => {
  expect(count({}, '0')).toMatchObject({ failed: 1, problems: ['jest found no test'] });
  expect(count({ 'a.test.ts': { works: 'passed' } }, 'SIGKILL')).toMatchObject({
    failed: 1,
    problems: ['jest ended with SIGKILL although no test failed'],
  });
  expect(countJest(join(folder, 'none'), '134')).toMatchObject({
    failed: 1,
    problems: ['jest ended with 134 and left no report'],
  });
});
