import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { line, lines, writer } from '@sightline/testkit/log-lines.ts';
import type { ShipperProcess } from '../bench/shipper-process.ts';
import { idsOf, shipperTest } from './support/shipper-test.ts';

const here = shipperTest();
const { log, start, ids, arrived } = here;

function stop(shipper: ShipperProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
  shipper.child.kill(signal);
  return shipper.ended;
}

describe('The shipper follows files', () => {
  test('through a rename and a new file, the old one to its end first', async () => {
    const { write } = writer('a', log);
    write(10);
    await start();
    await arrived(10);
    const late = `${log()}.1`;
    write(5);
    renameSync(log(), late);
    write(5);
    appendFileSync(late, lines('late', 1, 3));
    await arrived(23);
    expect(ids().filter((id) => id.startsWith('a'))).toEqual(idsOf('a', 20));
    expect(ids().filter((id) => id.startsWith('late'))).toEqual(idsOf('late', 3));
  });

  test('through two renames between two looks', async () => {
    const { write } = writer('a', log);
    write(10);
    const shipper = await start();
    await arrived(10);
    shipper.child.kill('SIGSTOP');
    write(5);
    renameSync(log(), `${log()}.1`);
    write(5);
    renameSync(`${log()}.1`, `${log()}.2`);
    renameSync(log(), `${log()}.1`);
    write(5);
    shipper.child.kill('SIGCONT');
    await arrived(25);
    expect(ids()).toEqual(idsOf('a', 25));
  });

  test('while it is down: two renames, and what was written before, between and after', async () => {
    const { write } = writer('a', log);
    write(10);
    const shipper = await start();
    await arrived(10);
    expect(await stop(shipper)).toBe(0);
    write(5);
    renameSync(log(), `${log()}.1`);
    write(5);
    renameSync(`${log()}.1`, `${log()}.2`);
    renameSync(log(), `${log()}.1`);
    write(5);
    await start();
    await arrived(25);
    expect(ids()).toEqual(idsOf('a', 25));
  });

  test('through a copy and a truncation, reading on in the copy', async () => {
    const { write } = writer('a', log);
    write(10);
    const shipper = await start();
    await arrived(10);
    shipper.child.kill('SIGSTOP');
    write(7);
    copyFileSync(log(), `${log()}.1`);
    truncateSync(log());
    write(30);
    shipper.child.kill('SIGCONT');
    await arrived(47);
    expect(ids()).toEqual(idsOf('a', 47));
  });

  test('through a copy and a truncation while it is down', async () => {
    const { write } = writer('a', log);
    write(10);
    await stop(await start());
    write(7);
    copyFileSync(log(), `${log()}.1`);
    truncateSync(log());
    write(3);
    await start();
    await arrived(20);
    expect(ids()).toEqual(idsOf('a', 20));
  });

  test('through a truncation without a copy, from the new start', async () => {
    const { write } = writer('a', log);
    write(10);
    const shipper = await start();
    await arrived(10);
    truncateSync(log());
    write(2);
    await arrived(12);
    expect(ids()).toEqual(idsOf('a', 12));
    expect(shipper.output()).toContain('was truncated after byte');
  });

  test('several by a glob, a new one among them, and not those that were rotated', async () => {
    const path = (name: string) => join(here.folder, name);
    writeFileSync(path('one.log'), lines('one', 1, 5));
    writeFileSync(path('one.log.1'), lines('old', 1, 5));
    await start({ SHIPPER_FILES: join(here.folder, '*.log*') });
    await arrived(5);
    writeFileSync(path('two.log'), lines('two', 1, 5));
    await arrived(10);
    expect(ids().toSorted()).toEqual([...idsOf('one', 5), ...idsOf('two', 5)].toSorted());
  });

  test('a shipper that is started again goes on from where it stopped', async () => {
    const { write } = writer('a', log);
    write(10);
    expect(await stop(await start())).toBe(0);
    expect(ids()).toEqual(idsOf('a', 10));
    write(10);
    await start();
    await arrived(20);
    expect(ids()).toEqual(idsOf('a', 20));
    expect(here.elasticsearch.searches()).toBe(0);
  });

  test('the shipper waits for the end of a line', async () => {
    const text = line('a', 1);
    writeFileSync(log(), text.slice(0, 40));
    await start();
    appendFileSync(log(), text.slice(40, -1));
    appendFileSync(join(here.folder, 'other.log'), lines('other', 1, 1));
    await start({
      SHIPPER_FILES: join(here.folder, 'other.log'),
      SHIPPER_STATE_DIRECTORY: join(here.folder, 'other'),
    });
    await arrived(1);
    expect(ids()).toEqual(['other-1']);
    appendFileSync(log(), '\n');
    await arrived(2);
    expect(ids()).toEqual(['other-1', 'a-1']);
  });
});

describe('A line', () => {
  test('that is no JSON with an id becomes the message of one, under an id that stays', async () => {
    writeFileSync(log(), `Error: oh no\n\n    at somewhere "quoted"\n{"level":30}\n[1]\n${line('a', 1)}`);
    const shipper = await start();
    await arrived(5);
    const [first, second, third, fourth, own] = here.elasticsearch.documents.map(({ fields }) => fields);
    expect([first, second, third, fourth].map((fields) => fields?.['message'])).toEqual([
      'Error: oh no',
      '    at somewhere "quoted"',
      '{"level":30}',
      '[1]',
    ]);
    expect(first).toEqual({
      '@timestamp': expect.any(String),
      'event.id': ids()[0],
      'event.action': 'foreign-line',
      message: 'Error: oh no',
    });
    expect(own).toEqual(JSON.parse(line('a', 1, { '@timestamp': own?.['@timestamp'] })));
    expect(new Set(ids()).size).toBe(5);
    await stop(shipper, 'SIGKILL');
    // As if nothing of it had been acknowledged.
    const path = join(here.folder, 'state/checkpoint.json');
    const checkpoint = JSON.parse(readFileSync(path, 'utf8')) as { files: { offset: number }[] };
    for (const file of checkpoint.files) file.offset = 0;
    writeFileSync(path, JSON.stringify(checkpoint));
    appendFileSync(log(), line('a', 2));
    await start();
    await arrived(6);
    expect(ids().slice(5)).toEqual(['a-2']);
  });

  test('that is too long is cut and says so, keeps its id when it has one, and the next is whole', async () => {
    const long = line('a', 1, { 'error.stack_trace': 'é'.repeat(100_000) });
    writeFileSync(log(), `${long}${'x'.repeat(5000)}\n${line('a', 2)}${'ü'.repeat(70_000)}\n${line('a', 3)}`);
    await start({ SHIPPER_LINE_BYTES: '1001', SHIPPER_BATCH_BYTES: '4000' });
    await arrived(5);
    const [first, second, third, fourth, fifth] = here.elasticsearch.documents.map(({ fields }) => fields);
    expect(first).toMatchObject({
      'event.id': 'a-1',
      'event.sequence': 1,
      'labels.cut_bytes': Buffer.byteLength(long) - 1,
    });
    expect(first).not.toHaveProperty(['error.stack_trace']);
    expect(second).toMatchObject({ message: 'x'.repeat(1001), 'labels.cut_bytes': 5000 });
    expect(third).toMatchObject({ 'event.id': 'a-2' });
    expect(fourth).toMatchObject({ message: 'ü'.repeat(500), 'labels.cut_bytes': 140_000 });
    expect(fifth).toMatchObject({ 'event.id': 'a-3' });
  });
});

describe('A file that can not be used is said, and tried again:', () => {
  test('a link that leads nowhere, until there is a file in its place', async () => {
    symlinkSync(log(), log());
    const shipper = await start();
    await eventually(() => shipper.output().includes(`${log()} can't be looked at: ELOOP`));
    rmSync(log());
    writeFileSync(log(), lines('a', 1, 2));
    await arrived(2);
    await eventually(() => shipper.output().includes(`${log()} can be looked at again.`));
  });

  const withFullDevice = existsSync('/dev/full') ? test : test.skip;

  withFullDevice(
    'a full disk under the checkpoint: nothing is sent that could not be taken up again',
    async () => {
      mkdirSync(join(here.folder, 'state'));
      const full = join(here.folder, 'state/checkpoint.json.new');
      symlinkSync('/dev/full', full);
      writeFileSync(log(), lines('a', 1, 2));
      const shipper = await start();
      await eventually(() => shipper.output().includes("The checkpoint can't be written: ENOSPC"));
      expect(ids()).toEqual([]);
      rmSync(full);
      await arrived(2);
      await eventually(() => shipper.output().includes('The checkpoint can be written again.'));
    },
  );

  withFullDevice(
    'a full disk under the dead letters: what was refused is kept until it can be written',
    async () => {
      mkdirSync(join(here.folder, 'state'));
      const letters = join(here.folder, 'state/dead-letters.jsonl');
      symlinkSync('/dev/full', letters);
      writeFileSync(log(), lines('a', 1, 2));
      here.elasticsearch.behave({ itemStatus: 400, times: 1 });
      const shipper = await start();
      await eventually(() => shipper.output().includes("Dead letters can't be written: ENOSPC"));
      rmSync(letters);
      await eventually(() => existsSync(letters) && readFileSync(letters, 'utf8').endsWith('\n'));
      const [letter, ...others] = readFileSync(letters, 'utf8').trimEnd().split('\n');
      expect(JSON.parse(letter ?? '')).toMatchObject({ id: 'a-1', reason: 'planned: planned' });
      expect(others).toEqual([]);
      expect(ids()).toEqual(['a-2']);
    },
  );
});
