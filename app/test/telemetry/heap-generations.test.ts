import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { usedHeap, youngGenerationLimit } from '../../src/telemetry/heap-generations.ts';

const mebibyte = 1_048_576;
const gibibyte = 1024;
const source = pathToFileURL(resolve(import.meta.dirname, '../../src/telemetry/heap-generations.ts')).href;

/** Runs code that can use the module, in a Node.js of its own. */
function run(code: string, options: readonly string[], NODE_OPTIONS = ''): string {
  const script = `import { oldGenerationLimit, usedHeap } from ${JSON.stringify(source)};\n${code}`;
  const { stdout } = spawnSync(process.execPath, [...options, '--input-type=module', '-e', script], {
    env: { NODE_OPTIONS },
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return stdout;
}

describe('the limit of the young generation', () => {
  // What V8 takes was read off a Node.js 26 that was told of such memory.
  test.each([
    [64, 6],
    [256, 6],
    [257, 12],
    [512, 12],
    [1 * gibibyte, 24],
    [1.1 * gibibyte, 48],
    [2 * gibibyte, 48],
    [3 * gibibyte, 96],
    [64 * gibibyte, 96],
  ])('is chosen by V8 for the memory: with %d MiB it is %d MiB', (memory, limit) => {
    expect(youngGenerationLimit('', memory * mebibyte) / mebibyte).toBe(limit);
  });

  test.each([
    ['--max-semi-space-size=1', 3],
    ['--stack-size=900 --max_semi_space_size=2', 6],
    ['--max-semi-space-size=5', 24],
    ['--max-semi-space-size=64', 192],
    ['--max-semi-space-size=4 --max-semi-space-size=2', 6],
    ['--max-semi-space-size=0', 96],
  ])('with %s the limit is %d MiB', (options, limit) => {
    expect(youngGenerationLimit(options, 8 * gibibyte * mebibyte) / mebibyte).toBe(limit);
  });
});

describe('the limit of the old generation', () => {
  test.each([
    [['--max-old-space-size=128'], '', 128],
    [['--max-old-space-size=300', '--max-semi-space-size=5'], '', 300],
    [['--max_old_space_size=128'], '--max-semi-space-size=1', 128],
    [['--max-semi-space-size=16'], '--max-old-space-size=256 --max-semi-space-size=2', 256],
  ])('of node %j with NODE_OPTIONS "%s" is %d MiB', (options, environment, limit) => {
    expect(Number(run('console.log(oldGenerationLimit());', options, environment)) / mebibyte).toBe(limit);
  });

  // The last look before the end, taken after each array of 256 KiB.
  const fill = `
    import { writeSync } from 'node:fs';
    const kept = [];
    for (;;) {
      kept.push(new Array(32_768).fill(0.5));
      writeSync(1, usedHeap().old / oldGenerationLimit() + '\\n');
    }`;

  test.each([
    ['--max-old-space-size=128'],
    ['--max-old-space-size=128 --max-semi-space-size=1'],
    ['--max-old-space-size=128 --max-semi-space-size=64'],
  ])('is where V8 ends a process with %s', (options) => {
    const shares = run(fill, [], options).trim().split('\n').map(Number);
    expect(Math.max(...shares)).toBeGreaterThan(0.95);
    expect(Math.max(...shares)).toBeLessThan(1.03);
  });
});

describe('the heap in use', () => {
  test('is old when it lasts, and young when it was made just now', () => {
    const { young, old } = JSON.parse(
      run(
        `
        import { setFlagsFromString } from 'node:v8';
        import { runInNewContext } from 'node:vm';
        setFlagsFromString('--expose-gc');
        const collect = runInNewContext('gc');
        const arrays = () => Array.from({ length: 40 }, () => new Array(2048).fill(0.5));
        const difference = (before, { young, old }) => ({ young: young - before.young, old: old - before.old });
        collect();
        const start = usedHeap();
        const kept = arrays();
        const made = difference(start, usedHeap());
        collect();
        collect();
        const outlived = difference(start, usedHeap());
        console.log(JSON.stringify({ young: made.young, old: outlived.old, kept: kept.length }));`,
        ['--max-semi-space-size=16', '--min-semi-space-size=16'],
      ),
    );
    const made = 40 * 2048 * 8;
    expect(young).toBeGreaterThan(0.9 * made);
    expect(old).toBeGreaterThan(0.9 * made);
  });

  test('the young and the old generation make up the heap in use', () => {
    const { young, old } = usedHeap();
    const whole = process.memoryUsage().heapUsed;
    expect((young + old) / whole).toBeGreaterThan(0.9);
    expect((young + old) / whole).toBeLessThan(1.1);
  });
});
