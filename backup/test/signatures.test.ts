/** Files that others put at the destination, who know the recipient and have no key. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '@sightline/testkit/database.ts';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { drillResultFile } from '../drill-result.ts';
import { dumpFile, manifestFile } from '../manifest.ts';
import {
  asSuperuser,
  BackupFixture,
  describeWithPgDump,
  newSigningKey,
  privatePem,
  publicPem,
} from './support/backups.ts';

await describeWithPgDump('a backup at a destination that others may write to', (programs) => {
  let fixture: BackupFixture;
  let ours: string;
  beforeAll(async () => {
    fixture = await BackupFixture.make(programs);
    ours = await fixture.backUp();
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  const path = (file: string) => join(fixture.destination, file);
  const drill = (environment: Readonly<Record<string, string>> = {}) =>
    fixture.run('restore-drill.ts', { DATABASE_URL: asSuperuser(fixture.database.url), ...environment });

  /** A copy of a backup under a name of now, whole but for its signature. */
  async function forge(sign: (name: string, manifest: object) => Promise<void>): Promise<string> {
    const startedAt = new Date().toISOString();
    const id = `${startedAt.replaceAll(/[-:.]/g, '')}-${randomBytes(2).toString('hex')}`;
    await copyFile(path(dumpFile(ours)), path(dumpFile(id)));
    const manifest = (await fixture.manifest(ours)) as { dump: object };
    await sign(manifestFile(id), {
      ...manifest,
      ...{ id, startedAt, endedAt: startedAt },
      dump: { ...manifest.dump, file: dumpFile(id) },
    });
    return id;
  }

  const forgeries: readonly {
    name: string;
    sign: (name: string, manifest: object) => Promise<void>;
    says: RegExp;
  }[] = [
    {
      name: 'that is not signed',
      sign: (name, manifest) => writeFile(path(name), JSON.stringify(manifest)),
      says: /The manifest of \S+ is not signed, so it is not used/,
    },
    {
      name: 'that is signed by a key of who made it',
      sign: (name, manifest) => fixture.sign(name, 'backup manifest', manifest, newSigningKey()),
      says: /is signed by the key [0-9a-f]{16}, which is none of BACKUP_VERIFICATION_KEYS \([0-9a-f]{16}\)/,
    },
    {
      name: 'that is signed, and changed since',
      async sign(name, manifest) {
        await fixture.sign(name, 'backup manifest', manifest);
        const text = await readFile(path(name), 'utf8');
        await writeFile(path(name), text.replace('"server": "', '"server": "1'));
      },
      says: /was changed after it was signed/,
    },
    {
      name: 'with the signature of another backup',
      async sign(name, manifest) {
        const { signature } = JSON.parse(await readFile(path(manifestFile(ours)), 'utf8')) as {
          signature: object;
        };
        await writeFile(path(name), JSON.stringify({ ...manifest, signature }));
      },
      says: /was changed after it was signed/,
    },
    {
      name: 'with a signature of our key of something else',
      sign: (name, manifest) => fixture.sign(name, 'restore drill result', manifest),
      says: /was changed after it was signed/,
    },
    {
      name: 'with a signature that is none',
      sign: (name, manifest) =>
        writeFile(path(name), JSON.stringify({ ...manifest, signature: { key: [], value: {} } })),
      says: /which is none of BACKUP_VERIFICATION_KEYS/,
    },
    {
      name: 'with a manifest that fills the memory',
      sign: (name) => writeFile(path(name), Buffer.alloc(17 * 1024 ** 2, ' ')),
      says: /has more than 16777216 bytes, so it is not read/,
    },
  ];
  test.each(forgeries)(
    '$name is refused by restore, drill and list, and pushes no other out',
    async ({ sign, says }) => {
      const id = await forge(sign);
      const target = await fixture.emptyDatabase();
      const named = await fixture.run('restore.ts', { DATABASE_URL: target, BACKUP: id });
      expect([named.code, named.output]).toEqual([1, expect.stringMatching(says)]);
      const drilled = await drill({ BACKUP: id });
      expect([drilled.code, drilled.output]).toEqual([1, expect.stringMatching(says)]);
      // The newest is the newest that is ours.
      const newest = await fixture.run('restore.ts', { DATABASE_URL: target });
      expect([newest.code, newest.output]).toEqual([0, expect.stringContaining(`Restored ${ours}`)]);
      const listed = await fixture.run('list.ts');
      expect(listed.output).toMatch(new RegExp(`${id}  refused: .*${says.source}`));
      expect(listed.output).toContain(`${ours}  complete at`);

      const keepTwo = { BACKUP_KEEP_LAST: '2', BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0' };
      const { code, output } = await fixture.run('backup.ts', keepTwo);
      expect([code, output]).toEqual([0, expect.stringMatching(/Neither counted nor removed: /)]);
      expect(await fixture.backups()).toEqual(expect.arrayContaining([id, ours]));
      const made = / as (\S+) in /.exec(output)?.[1] ?? '';
      await fixture.forget(made);
      await fixture.forget(id);
    },
  );

  test('is not read beyond a piece that was changed, whatever else is right', async () => {
    const id = await fixture.backUp();
    // Encrypted for the right recipient, so that age has nothing to say against it.
    const other = await BackupFixture.make(programs);
    await using _other = other;
    await query(other.database.url, 'create table planted as select 1 as one');
    const foreign = await other.backUp({ BACKUP_RECIPIENT: fixture.recipient });
    await writeFile(path(dumpFile(id)), await other.stored(foreign));
    const target = await fixture.emptyDatabase();
    const { code, output } = await fixture.run('restore.ts', { DATABASE_URL: target, BACKUP: id });
    expect([code, output]).toEqual([1, expect.stringMatching(/it was changed|it is truncated/)]);
    expect(output).not.toContain('pg_restore');
    await fixture.forget(id);
  });

  test('counts for the exporter as refused, and as nothing else; so does a result of a drill', async () => {
    expect((await drill()).code).toBe(0);
    const exporter = fixture.start('exporter.ts', { EXPORTER_PORT: '0', EXPORTER_INTERVAL_MS: '50' });
    const url = () => /metrics at (http:\S+)\/metrics/.exec(exporter.output())?.[1];
    const look = async (series: string) =>
      samplesOf(await (await fetch(`${url()}/metrics`)).text()).get(series);
    await eventually(() => url() !== undefined);
    expect(await look('backup_refused')).toBe(0);
    const newest = await look('backup_last_success_timestamp_seconds');

    const id = await forge((name, manifest) => writeFile(path(name), JSON.stringify(manifest)));
    await eventually(async () => (await look('backup_refused')) === 1);
    expect(await look('backup_last_success_timestamp_seconds')).toBe(newest);
    expect(exporter.output()).toContain(`The manifest of ${id} is not signed`);

    const result = await readFile(path(drillResultFile), 'utf8');
    await writeFile(path(drillResultFile), result.replace(/"endedAt": "2/, '"endedAt": "1'));
    await eventually(async () => (await look('backup_refused')) === 2);
    expect(await look('restore_drill_success')).toBeUndefined();
    expect((await fixture.run('list.ts')).output).toContain('restore-drill.json was changed after');

    await fixture.forget(id);
    await writeFile(path(drillResultFile), result);
    await eventually(async () => (await look('backup_refused')) === 0);
    exporter.kill('SIGTERM');
    expect((await exporter.ended).code).toBe(0);
  });

  test('is ours by each of several keys, and no longer once its key is taken away', async () => {
    const next = newSigningKey();
    const both = publicPem(fixture.signingKey) + publicPem(next);
    const signedByNext = { BACKUP_SIGNING_KEY: privatePem(next), BACKUP_VERIFICATION_KEYS: both };
    const id = await fixture.backUp(signedByNext);
    const list = async (keys: string) =>
      (await fixture.run('list.ts', { BACKUP_VERIFICATION_KEYS: keys })).output;
    expect(await list(both)).toMatch(new RegExp(`${id}  complete[^]*${ours}  complete`));
    expect(await list(publicPem(next))).toMatch(new RegExp(`${id}  complete[^]*${ours}  refused`));
    // Known to be ours, it is signed anew.
    const onlyNext = { ...signedByNext, BACKUP_VERIFICATION_KEYS: publicPem(next) };
    const signed = await fixture.run('sign.ts', { ...onlyNext, BACKUP: ours });
    expect([signed.code, signed.output]).toEqual([0, expect.stringContaining(`Signed ${ours}, complete`)]);
    expect(await list(publicPem(next))).toMatch(new RegExp(`${id}  complete[^]*${ours}  complete`));
    await fixture.run('sign.ts', { BACKUP: ours });
    await fixture.forget(id);
    expect(await list(publicPem(fixture.signingKey))).toContain(`${ours}  complete`);
  });

  test('of before backups were signed is signed when somebody says so, and not if its dump is another', async () => {
    const old = await fixture.backUp();
    const bad = await fixture.backUp();
    for (const id of [old, bad]) {
      const { dump, ...manifest } = (await fixture.manifest(id)) as {
        dump: { file: string; bytes: number; sha256: string };
      };
      const { file, bytes, sha256 } = dump;
      const before = { ...manifest, format: 1, dump: { file, bytes, sha256 } };
      await writeFile(path(manifestFile(id)), `${JSON.stringify(before, null, 2)}\n`);
    }
    await fixture.damage(bad, (bytes) => bytes.subarray(0, bytes.length - 1));
    const restore = async (id: string) =>
      await fixture.run('restore.ts', { DATABASE_URL: await fixture.emptyDatabase(), BACKUP: id });
    expect((await restore(old)).output).toContain('make sign-backup');

    const nobodySaid = await fixture.run('sign.ts');
    expect([nobodySaid.code, nobodySaid.output]).toEqual([1, expect.stringContaining('Say which one')]);
    const { code, output } = await fixture.run('sign.ts', { BACKUP: 'unsigned' });
    expect(output).toContain(`Signed ${old}, complete at`);
    expect(output).toContain(`${bad} is not signed: its dump is not the one that its manifest is about.`);
    expect(output).not.toContain(ours);
    expect(code).toBe(1);
    expect((await restore(old)).output).toContain(`Restored ${old}`);
    expect((await restore(bad)).code).toBe(1);
    for (const id of [old, bad]) await fixture.forget(id);
  });

  test('is not made by a key that nobody would verify it by', async () => {
    const { code, output } = await fixture.run('backup.ts', {
      BACKUP_SIGNING_KEY: privatePem(newSigningKey()),
    });
    expect([code, output]).toEqual([1, expect.stringContaining('none of BACKUP_VERIFICATION_KEYS')]);
  });

  const missing = ['jq', 'openssl'].filter(
    (program) => spawnSync(program, ['--version']).error !== undefined,
  );
  (missing.length === 0 ? test : test.skip)(
    `is verified by openssl and jq as well${missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} is not here)`}`,
    async () => {
      await writeFile(path('key.pem'), publicPem(fixture.signingKey));
      const script = `
        { printf 'sightline backup manifest\\n'; jq --compact-output --join-output 'del(.signature)' "$1"; } > signed
        jq --raw-output .signature.value "$1" | base64 --decode > signature
        openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in signed -sigfile signature`;
      const said = execFileSync('sh', ['-ec', script, 'verify', manifestFile(ours)], {
        cwd: fixture.destination,
        encoding: 'utf8',
      });
      expect(said).toContain('Signature Verified Successfully');
    },
  );
});
