import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeReport } from '../report.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-report-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const alerts = [{ name: 'TargetDown', ok: true }];
const run = { startedAt: '2026-11-21T10:00:00.000Z', endedAt: '2026-11-21T10:01:00.000Z' };

test('has every key from the start, those of other commands empty', () => {
  const file = writeReport(folder, {
    run,
    checks: [{ id: 'panels', group: 'panels', ok: true, detail: '' }],
  });
  expect(file).toBe(join(folder, 'report', 'report.json'));
  expect(read(file)).toEqual({
    run,
    checks: [{ id: 'panels', group: 'panels', ok: true, detail: '' }],
    reconciliation: [],
    panels: [],
    alerts: [],
  });
});

test('each command replaces its own keys and keeps the others', () => {
  writeReport(folder, { alerts });
  writeReport(folder, { run, checks: [], panels: [{ panel: 'old' }] });
  const file = writeReport(folder, { run, checks: [], panels: [] });
  expect(read(file)).toMatchObject({ run, alerts, panels: [] });
});

test.each(['{"alerts": [', '[]', 'null'])('a report that is none, %s, is replaced', (text) => {
  const file = writeReport(folder, { alerts });
  writeFileSync(file, text);
  writeReport(folder, { run });
  expect(read(file)).toMatchObject({ run, alerts: [] });
});

test('commands that write at the same time lose nothing of each other', async () => {
  const program = `
    const { writeReport } = await import(${JSON.stringify(resolve(import.meta.dirname, '../report.ts'))});
    for (let n = 1; n <= 30; n += 1) writeReport(process.argv[1], { [process.argv[2]]: n });`;
  const writers = ['one', 'two', 'three'].map((key) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, folder, key]),
  );
  await Promise.all(writers);
  expect(read(join(folder, 'report', 'report.json'))).toMatchObject({ one: 30, two: 30, three: 30 });
});
