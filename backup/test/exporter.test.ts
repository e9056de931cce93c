import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { manifestFile } from '../manifest.ts';
import { asSuperuser, describeWithPgDump, Ground, type Running } from './support/backups.ts';

await describeWithPgDump('the exporter', (programs) => {
  let ground: Ground;
  let exporter: Running;
  const url = () => /metrics at (http:\S+)\/metrics/.exec(exporter.output())?.[1];
  const samples = async () => samplesOf(await (await fetch(`${url()}/metrics`)).text());
  const look = async (series: string) => (await samples()).get(series);
  const drill = (environment: Readonly<Record<string, string>> = {}) =>
    ground.run('restore-drill.ts', { DATABASE_URL: asSuperuser(ground.database.url), ...environment });

  beforeAll(async () => {
    ground = await Ground.make(programs);
  });
  beforeEach(async () => {
    exporter = ground.start('exporter.ts', { EXPORTER_PORT: '0', EXPORTER_INTERVAL_MS: '50' });
    await eventually(() => url() !== undefined);
  });
  afterEach(async () => {
    exporter.kill('SIGTERM');
    expect((await exporter.ended).code).toBe(0);
  });
  afterAll(() => ground[Symbol.asyncDispose]());

  test('has no series of what never was, so that an alert can tell', async () => {
    expect([...(await samples())]).toEqual([
      ['backup_dated_ahead', 0],
      ['backup_refused', 0],
    ]);
    expect((await fetch(`${url()}/health`)).status).toBe(200);
    expect((await fetch(`${url()}/`)).status).toBe(404);
  });

  test('tells of which moment the newest backup is, how long it took and how large it is', async () => {
    const id = await ground.backUp();
    const { startedAt, endedAt, dump } = (await ground.manifest(id)) as {
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
    expect(dump.bytes).toBe((await ground.stored(id)).length);
  });

  test('tells whether the last restore drill succeeded, and when one last did', async () => {
    await ground.backUp();
    expect((await drill()).code).toBe(0);
    await eventually(async () => (await look('restore_drill_success')) === 1);
    const before = await look('restore_drill_last_success_timestamp_seconds');
    expect(before).toBeGreaterThan(Date.now() / 1000 - 60);

    const id = await ground.backUp();
    await ground.damage(id, (bytes) => bytes.subarray(0, 1000));
    expect((await drill()).code).toBe(1);
    await eventually(async () => (await look('restore_drill_success')) === 0);
    expect(await look('restore_drill_last_success_timestamp_seconds')).toBe(before);
    await ground.forget(id);
  });

  test('tells the truth of the destination: a backup that was removed is none', async () => {
    const first = await ground.backUp();
    const { startedAt } = (await ground.manifest(first)) as { startedAt: string };
    const second = await ground.backUp();
    const newest = async () => await look('backup_last_success_timestamp_seconds');
    await eventually(async () => ((await newest()) ?? 0) > Date.parse(startedAt) / 1000);
    await ground.forget(second);
    await eventually(async () => (await newest()) === Date.parse(startedAt) / 1000);
    // Neither does one count whose manifest says nothing.
    const third = await ground.backUp();
    await writeFile(join(ground.destination, manifestFile(third)), '{}');
    await eventually(async () => (await newest()) === Date.parse(startedAt) / 1000);
    await ground.forget(third);
  });

  test('keeps what it knew while the destination is away, and says once that it is', async () => {
    const known = await samples();
    const elsewhere = `${ground.destination}-elsewhere`;
    await rename(ground.destination, elsewhere);
    await eventually(() => exporter.output().includes('is not there'));
    expect(await samples()).toEqual(known);
    await rename(elsewhere, ground.destination);
    const id = await ground.backUp();
    const { startedAt } = (await ground.manifest(id)) as { startedAt: string };
    await eventually(
      async () => (await look('backup_last_success_timestamp_seconds')) === Date.parse(startedAt) / 1000,
    );
    expect(exporter.output().match(/is not there/g)).toHaveLength(1);
  });
});
