import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { manifestFile } from '../manifest.ts';
import { asSuperuser, BackupFixture, describeWithPgDump, type Running } from './support/backups.ts';

await describeWithPgDump('the exporter', (programs) => {
  let fixture: BackupFixture;
  let exporter: Running;
  const url = () => /metrics at (http:\S+)\/metrics/.exec(exporter.output())?.[1];
  const samples = async () => samplesOf(await (await fetch(`${url()}/metrics`)).text());
  const look = async (series: string) => (await samples()).get(series);
  const drill = (environment: Readonly<Record<string, string>> = {}) =>
    fixture.run('restore-drill.ts', { DATABASE_URL: asSuperuser(fixture.database.url), ...environment });

  beforeAll(async () => {
    fixture = await BackupFixture.make(programs);
  });
  beforeEach(async () => {
    exporter = fixture.start('exporter.ts', { EXPORTER_PORT: '0', EXPORTER_INTERVAL_MS: '50' });
    await eventually(() => url() !== undefined);
  });
  afterEach(async () => {
    exporter.kill('SIGTERM');
    expect((await exporter.ended).code).toBe(0);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  test('has no series of what never was, so that an alert can tell', async () => {
    expect([...(await samples())]).toEqual([
      ['backup_dated_ahead', 0],
      ['backup_refused', 0],
    ]);
    expect((await fetch(`${url()}/health`)).status).toBe(200);
    expect((await fetch(`${url()}/`)).status).toBe(404);
  });

  test('tells of which moment the newest backup is, how long it took and how large it is', async () => {
    const id = await fixture.backUp();
    const { startedAt, endedAt, dump } = (await fixture.manifest(id)) as {
      startedAt: string;
      endedAt: string;
      dump: { bytes: number };
    };
    await eventually(async () => (await samples()).has('backup_last_success_timestamp_seconds'));
    const seen = await samples();
    expect(seen.get('backup_last_success_timestamp_seconds')).toBe(Date.parse(startedAt) / 1000);
    expect(seen.get('backup_last_duration_seconds')).toBeCloseTo(
      (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
    );
    expect(seen.get('backup_last_size_bytes')).toBe(dump.bytes);
    expect(dump.bytes).toBe((await fixture.stored(id)).length);
  });

  test('tells whether the last restore drill succeeded, and when one last did', async () => {
    await fixture.backUp();
    expect((await drill()).code).toBe(0);
    await eventually(async () => (await look('restore_drill_success')) === 1);
    const before = await look('restore_drill_last_success_timestamp_seconds');
    expect(before).toBeGreaterThan(Date.now() / 1000 - 60);

    const id = await fixture.backUp();
    await fixture.damage(id, (bytes) => bytes.subarray(0, 1000));
    expect((await drill()).code).toBe(1);
    await eventually(async () => (await look('restore_drill_success')) === 0);
    expect(await look('restore_drill_last_success_timestamp_seconds')).toBe(before);
    await fixture.forget(id);
  });

  test('tells the truth of the destination: a backup that was removed is none', async () => {
    const first = await fixture.backUp();
    const { startedAt } = (await fixture.manifest(first)) as { startedAt: string };
    const second = await fixture.backUp();
    const newest = async () => await look('backup_last_success_timestamp_seconds');
    await eventually(async () => ((await newest()) ?? 0) > Date.parse(startedAt) / 1000);
    await fixture.forget(second);
    await eventually(async () => (await newest()) === Date.parse(startedAt) / 1000);
    // Neither does one count whose manifest says nothing.
    const third = await fixture.backUp();
    await writeFile(join(fixture.destination, manifestFile(third)), '{}');
    await eventually(async () => (await newest()) === Date.parse(startedAt) / 1000);
    await fixture.forget(third);
  });

  test('keeps what it knew while the destination is away, and says once that it is', async () => {
    const known = await samples();
    const elsewhere = `${fixture.destination}-elsewhere`;
    await rename(fixture.destination, elsewhere);
    await eventually(() => exporter.output().includes('is not there'));
    expect(await samples()).toEqual(known);
    await rename(elsewhere, fixture.destination);
    const id = await fixture.backUp();
    const { startedAt } = (await fixture.manifest(id)) as { startedAt: string };
    await eventually(
      async () => (await look('backup_last_success_timestamp_seconds')) === Date.parse(startedAt) / 1000,
    );
    expect(exporter.output().match(/is not there/g)).toHaveLength(1);
  });
});
