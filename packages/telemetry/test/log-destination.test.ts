import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { openLogDestination } from '../log-destination.ts';

const destination = resolve(import.meta.dirname, '../log-destination.ts');

describe('the destination of log lines', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const nothingLost = { failed: () => {}, lost: () => {}, escaped: () => {} };
  const lines = (count: number) => Array.from({ length: count }, (_, n) => `line ${n} ä\n`);

  test('writes lines into a file in their order', async () => {
    const file = join(folder, 'log');
    const descriptor = openSync(file, 'a');
    const output = openLogDestination(descriptor, nothingLost);
    for (const line of lines(1000)) output.write(line);
    await output.flush();
    expect(readFileSync(file, 'utf8')).toBe(lines(1000).join(''));
    output.write('one more\n');
    output.flushNow();
    expect(readFileSync(file, 'utf8').endsWith('one more\n')).toBe(true);
    closeSync(descriptor);
  });

  test('writes by itself what it was given in one turn of the event loop', async () => {
    const file = join(folder, 'log');
    const descriptor = openSync(file, 'a');
    openLogDestination(descriptor, nothingLost).write('alone\n');
    expect(readFileSync(file, 'utf8')).toBe('');
    await eventually(() => readFileSync(file, 'utf8') === 'alone\n');
    closeSync(descriptor);
  });

  /** A process that logs to a pipe, and goes on with something else. */
  const program = (limit: number) => `
    import { openLogDestination } from ${JSON.stringify(destination)};
    let lost = 0;
    const output = openLogDestination(1, { failed() {}, lost(lines) { lost += lines; } }, ${limit});
    for (let n = 0; n < 20000; n += 1) output.write(\`line \${n} \${'x'.repeat(100)}\\n\`);
    setTimeout(() => {
      process.stderr.write('not held up\\n');
      process.stdin.once('data', async () => {
        await output.flush();
        process.stderr.write(\`lost \${lost}\\n\`);
        process.exit(0);
      });
    }, 100);`;

  async function throughPipe(limit: number): Promise<{ numbers: number[]; lost: number }> {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program(limit)]);
    try {
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
      // Nobody reads its output yet, and a pipe holds 64 KiB.
      await eventually(() => errors.includes('not held up'));
      const output = readAll(child.stdout);
      child.stdin.write('go on\n');
      await once(child, 'exit');
      const numbers = (await output)
        .trimEnd()
        .split('\n')
        .map((line) => Number(line.split(' ')[1]));
      return { numbers, lost: Number(/lost (\d+)/.exec(errors)?.[1]) };
    } finally {
      child.kill('SIGKILL');
    }
  }

  test('does not hold up the process when nobody reads the pipe, and loses nothing that fits into memory', async () => {
    const { numbers, lost } = await throughPipe(16 * 1024 * 1024);
    expect(lost).toBe(0);
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
  });

  test('gives up whole lines beyond its memory, and says how many', async () => {
    const { numbers, lost } = await throughPipe(500_000);
    expect(lost).toBeGreaterThan(10_000);
    expect(numbers.length + lost).toBe(20_000);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test.each(['await output.flush();', 'output.flushNow();'])(
    'does not keep a process from ending by %s when nobody reads the pipe',
    async (end) => {
      const program = `
        import { openLogDestination } from ${JSON.stringify(destination)};
        const output = openLogDestination(1, { failed() {}, lost() {} });
        for (let n = 0; n < 20000; n += 1) output.write(\`line \${n} \${'x'.repeat(100)}\\n\`);
        ${end}
        process.exit(0);`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
      try {
        expect(await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })).toEqual([0, null]);
      } finally {
        child.kill('SIGKILL');
      }
    },
  );

  test('tells of a full disk, and writes what it kept when there is room again', async () => {
    const failures: (string | undefined)[] = [];
    let lost = 0;
    const full = openSync('/dev/full', 'w');
    const output = openLogDestination(
      full,
      { ...nothingLost, failed: ({ code }) => failures.push(code), lost: (count) => (lost += count) },
      100,
    );
    for (const line of lines(30)) output.write(line);
    await eventually(() => failures.length > 2);
    expect(new Set(failures)).toEqual(new Set(['ENOSPC']));
    // The same descriptor, on a disk with room: what /dev/full would be after somebody cleaned up.
    closeSync(full);
    const file = join(folder, 'log');
    const roomy = openSync(file, 'a');
    expect(roomy).toBe(full);
    writeSync(roomy, '');
    await eventually(() => lost > 0);
    const written = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(written).toEqual(lines(written.length).map((line) => line.trimEnd()));
    expect(written.length + lost).toBe(30);
    closeSync(roomy);
  });
});
