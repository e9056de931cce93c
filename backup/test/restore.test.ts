import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '@sightline/testkit/database.ts';
import { generateX25519Identity } from 'age-encryption';
import { scratchPrefix } from '../drill-backup.ts';
import { asSuperuser, BackupFixture, describeWithPgDump, scratchOf } from './support/backups.ts';

await describeWithPgDump('a backup', (programs) => {
  let fixture: BackupFixture;
  beforeAll(async () => {
    fixture = await BackupFixture.make(programs);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  test('restored into an empty database has the same rows, checksums and schema, and says so', async () => {
    const id = await fixture.backUp();
    const target = await fixture.emptyDatabase();
    const { code, output } = await fixture.run('restore.ts', { DATABASE_URL: target, BACKUP: id });
    expect(output).toMatch(new RegExp(`Restored ${id} into \\S+ in [\\d.]+ s: \\d+ tables`));
    expect(code).toBe(0);

    const all = 'select id, owner_id, title, description, labels, created_at from todos order by id';
    const restored = await query(target, all);
    expect(restored).toHaveLength(600);
    expect(restored).toEqual(await query(fixture.database.url, all));
    const objects = `select c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' order by 1, 2`;
    expect(await query(target, objects)).toEqual(await query(fixture.database.url, objects));
  });

  test('is of one moment: what is written while it is taken is not in it, and the manifest agrees', async () => {
    const url = fixture.database.url;
    let writing = true;
    const writer = (async () => {
      while (writing)
        await query(url, "insert into todos (owner_id, title) select id, 'Meanwhile' from users limit 1");
    })();
    const id = await fixture.backUp().finally(() => {
      writing = false;
    });
    await writer;
    const { code, output } = await fixture.run('restore.ts', {
      DATABASE_URL: await fixture.emptyDatabase(),
      BACKUP: id,
    });
    expect([code, output]).toEqual([0, expect.stringContaining('rows and checksums as at')]);
  });

  test('can be read by who has the identity only, and holds no text of a user in the clear', async () => {
    const title = `Secret ${randomBytes(8).toString('hex')}`;
    await query(
      fixture.database.url,
      `insert into todos (owner_id, title) select id, '${title}' from users limit 1`,
    );
    const id = await fixture.backUp();
    const stored = await fixture.stored(id);
    expect(stored.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect(stored.includes(title)).toBe(false);
    expect(JSON.stringify(await fixture.manifest(id))).not.toContain(title);
  });

  test('is not restored over anything: a database that is not empty is refused and stays as it was', async () => {
    await fixture.backUp();
    const target = await fixture.emptyDatabase();
    await query(target, 'create table precious (id int); insert into precious values (1)');
    const { code, output } = await fixture.run('restore.ts', { DATABASE_URL: target });
    expect(output).toContain('is not empty, and a restore overwrites nothing');
    expect(code).toBe(1);
    expect(await query(target, 'select * from precious')).toEqual([{ id: 1 }]);
  });

  /** Faults of a backup, and the sentence that refuses it. */
  const bad: readonly {
    name: string;
    spoil: (id: string) => Promise<unknown>;
    identity?: () => Promise<string>;
    says: RegExp;
  }[] = [
    {
      name: 'a truncated one',
      spoil: (id) => fixture.damage(id, (bytes) => bytes.subarray(0, bytes.length - 20_000)),
      says: /it is truncated/,
    },
    {
      name: 'one of which only the header is left',
      spoil: (id) => fixture.damage(id, (bytes) => bytes.subarray(0, 100)),
      says: /it is truncated/,
    },
    {
      name: 'an empty one',
      spoil: (id) => fixture.damage(id, (bytes) => bytes.subarray(0, 0)),
      says: /it is truncated/,
    },
    {
      name: 'one with a changed byte',
      spoil: (id) =>
        fixture.damage(id, (bytes) => {
          const at = Math.floor(bytes.length / 2);
          bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
          return bytes;
        }),
      says: /it was changed/,
    },
    {
      name: 'one with something behind its end',
      spoil: (id) => fixture.damage(id, (bytes) => Buffer.concat([bytes, Buffer.from('more')])),
      says: /it was changed/,
    },
    {
      name: "one whose manifest has another file's checksum",
      spoil: (id) =>
        fixture.manifest(id, (manifest) => ({
          ...manifest,
          dump: { ...(manifest['dump'] as object), pieces: { bytes: 1024, sha256: ['0'.repeat(64)] } },
        })),
      says: /Its bytes from 0 on have not the SHA-256 of its manifest/,
    },
    {
      name: 'one whose manifest lacks what it has to say',
      spoil: (id) => fixture.manifest(id, () => ({ format: 1, id })),
      says: /The manifest of \S+ is damaged/,
    },
    {
      name: 'one that has fewer rows than its manifest says',
      spoil: (id) =>
        fixture.manifest(id, (manifest) => ({
          ...manifest,
          tables: (manifest['tables'] as { name: string }[]).map((table) =>
            table.name === 'public.todos' ? { ...table, rows: '100000' } : table,
          ),
        })),
      says: /The table public\.todos has \d+ rows; the backup had 100000/,
    },
    {
      name: 'one for another key',
      spoil: () => Promise.resolve(),
      identity: () => generateX25519Identity(),
      says: /It is encrypted for another key than the identity given/,
    },
  ];
  test.each(bad)(
    '$name is refused with a sentence, and the drill notes it',
    async ({ spoil, identity, says }) => {
      const id = await fixture.backUp();
      await spoil(id);
      const environment = {
        DATABASE_URL: asSuperuser(fixture.database.url),
        BACKUP: id,
        ...(identity && { BACKUP_IDENTITY: await identity() }),
      };
      const { code, output } = await fixture.run('restore-drill.ts', environment);
      expect(output).toMatch(says);
      expect(code).toBe(1);
      const listed = await fixture.run('list.ts');
      expect(listed.output).toMatch(new RegExp(`Restore drill of ${id} at`));
      expect(await scratchOf(fixture.database.url)).toEqual([]);
      await fixture.forget(id);
    },
  );

  test('that is refused leaves nothing in the target, however much of it could be read', async () => {
    const id = await fixture.backUp();
    await fixture.damage(id, (bytes) => Buffer.concat([bytes, Buffer.from('more')]));
    const target = await fixture.emptyDatabase();
    expect((await fixture.run('restore.ts', { DATABASE_URL: target, BACKUP: id })).code).toBe(1);
    expect(await query(target, "select from pg_tables where schemaname = 'public'")).toEqual([]);
    await fixture.forget(id);
  });

  test('that a drill finds complete is noted, and the scratch database is dropped', async () => {
    const id = await fixture.backUp();
    const { code, output } = await fixture.run('restore-drill.ts', {
      DATABASE_URL: asSuperuser(fixture.database.url),
    });
    expect(output).toContain(`${id} was restored and dropped again`);
    expect(code).toBe(0);
    expect((await fixture.run('list.ts')).output).toMatch(
      new RegExp(`Restore drill of ${id} at .*: complete`),
    );
    expect(await scratchOf(fixture.database.url)).toEqual([]);
  });

  test('drill that was killed leaves a database, which the next one of the same database removes', async () => {
    await fixture.backUp();
    const url = asSuperuser(fixture.database.url);
    const ofAnother = `${scratchPrefix(`not ${fixture.database.url}`)}under_way`;
    for (const name of [`${scratchPrefix(new URL(url).pathname.slice(1))}killed`, ofAnother])
      await query(url, `create database ${name}`);
    try {
      const { code, output } = await fixture.run('restore-drill.ts', { DATABASE_URL: url });
      expect([code, output]).toEqual([0, expect.stringContaining('was restored and dropped again')]);
      expect(await scratchOf(url)).toEqual([]);
    } finally {
      // It fails unless the drill has left it.
      await query(url, `drop database ${ofAnother}`);
    }
  });
});
