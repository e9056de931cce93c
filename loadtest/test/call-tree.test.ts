import { describe, expect, test } from '@jest/globals';
import type { CpuProfile } from '@sightline/app/src/management/cpu-profile.ts';
import { callTree, functionsBySelfTime } from '../bench/micro/call-tree.ts';
import { flameGraph } from '../bench/micro/flamegraph.ts';

const ours = 'file:///home/ada/sightline/app/src';
const evil = `<script>"&'\0</script>`;

/** A node of a profile: id, function, file, samples, children. */
type Line = [id: number, functionName: string, url: string, hitCount: number, children: number[]];

function profileOf(lines: readonly Line[]): CpuProfile {
  const nodes = lines.map(([id, functionName, url, hitCount, children]) => ({
    id,
    callFrame: { functionName, scriptId: '1', url, lineNumber: 9, columnNumber: 0 },
    hitCount,
    children,
  }));
  return { nodes, startTime: 0, endTime: 1 };
}

/** 80 samples at work and 20 idle. */
const profile = profileOf([
  [1, '(root)', '', 0, [2, 3, 4]],
  [2, 'main', `${ours}/main.ts`, 10, [5, 6, 7]],
  [3, '(idle)', '', 20, []],
  [4, '(garbage collector)', '', 10, []],
  // Called from two lines of the same caller: one call in the graph.
  [5, 'parse', 'file:///home/ada/sightline/node_modules/pg/lib/parse.js', 12, [8]],
  [6, 'parse', 'file:///home/ada/sightline/node_modules/pg/lib/parse.js', 8, [9]],
  [7, '', `${ours}/http/router.ts`, 20, [10]],
  [8, evil, 'node:internal/streams', 4, []],
  [9, evil, 'node:internal/streams', 6, []],
  [10, 'main', `${ours}/main.ts`, 10, []],
]);

describe('the functions of a profile', () => {
  test('are summed up by their own samples, wherever they were called from', () => {
    expect(functionsBySelfTime(callTree(profile))).toEqual([
      { name: 'main', place: 'main.ts:10', kind: 'ours', self: 20 },
      { name: '(anonymous)', place: 'http/router.ts:10', kind: 'ours', self: 20 },
      { name: 'parse', place: 'pg/lib/parse.js:10', kind: 'dependency', self: 20 },
      { name: evil, place: 'node:internal/streams:10', kind: 'node', self: 10 },
      { name: '(garbage collector)', place: '', kind: 'native', self: 10 },
    ]);
  });

  test('leave out the time in which the process was idle', () => {
    const { root, idle } = callTree(profile);
    expect({ total: root.total, idle }).toEqual({ total: 80, idle: 20 });
  });
});

describe('a flame graph', () => {
  const svg = flameGraph(callTree(profile), 'Ada & <Grace>');
  /** Each call as it is drawn; one unit of `samples` is what one sample is wide. */
  const calls = [
    ...svg.matchAll(
      /<g class="call"><title>([^<]*)<\/title><rect x="([\d.]+)" y="(\d+)" width="([\d.]+)" height="16" rx="1.5" fill="(#\w+)"\/>(?:<text [^>]*>([^<]*)<\/text>)?<\/g>/g,
    ),
  ].map(([, title = '', x, y, width, colour, label]) => ({
    name: title.split('\n')[0],
    numbers: title.split('\n')[1],
    x: Number(x),
    y: Number(y),
    samples: Math.round((Number(width) * 80) / 1180),
    colour,
    label,
  }));
  const named = (start: string) => calls.filter(({ name }) => name?.startsWith(start));

  test('draws each call once, as wide as its samples and those of what it called', () => {
    expect(calls.map(({ name, samples }) => [name, samples])).toEqual([
      ['(root)', 80],
      ['main main.ts:10', 70],
      ['(anonymous) http/router.ts:10', 30],
      ['main main.ts:10', 10],
      ['parse pg/lib/parse.js:10', 30],
      [expect.stringContaining('node:internal/streams:10'), 10],
      ['(garbage collector)', 10],
    ]);
    expect(named('parse')[0]?.numbers).toBe('30 samples, 37.5 %; in itself 20, 25.0 %');
  });

  test('draws a call above its caller, within its width, and beside its siblings', () => {
    const [root, main, handler, , parse] = calls;
    for (const [below, above] of [
      [root, main],
      [main, handler],
      [main, parse],
    ]) {
      expect(above?.y).toBe(Number(below?.y) - 17);
      expect(above?.x).toBeGreaterThanOrEqual(Number(below?.x));
    }
    expect(parse?.x).toBeCloseTo(Number(handler?.x) + (30 * 1180) / 80, 1);
  });

  test('tells our code, dependencies, Node.js and the rest apart by colour', () => {
    const colours = ['main', 'parse', '&lt;script', '(garbage'].map((name) => named(name)[0]?.colour);
    expect(new Set(colours).size).toBe(4);
    expect(named('(anonymous)')[0]?.colour).toBe(named('main')[0]?.colour);
    expect(svg).toContain('our code 50.0 %');
    expect(svg).toContain('dependencies 25.0 %');
  });

  test('escapes names, and replaces what XML does not know', () => {
    expect(svg).not.toMatch(/<script|\0/);
    expect(named('&lt;script')[0]?.name).toBe(
      '&lt;script&gt;&quot;&amp;&#39;\uFFFD&lt;/script&gt; node:internal/streams:10',
    );
    expect(svg).toContain('>Ada &amp; &lt;Grace&gt;<');
  });

  test('names a function without a name by its file, and shortens what does not fit', () => {
    expect(named('(anonymous)')[0]?.label).toBe('router.ts:10');
    expect(named('(garbage')[0]?.label).toBe('(garbage collector)');
    const narrow = callTree(
      profileOf([
        [1, '(root)', '', 95, [2, 3]],
        [2, 'aVeryLongNameOfAFunction', 'node:fs', 4, []],
        [3, 'tiny', 'node:fs', 1, []],
      ]),
    );
    const drawn = flameGraph(narrow, 'x');
    expect(drawn).toMatch(/>aVery…</);
    expect(drawn).not.toContain('>tiny<');
    expect(drawn).toContain('<title>tiny node:fs:10');
  });

  test('of a process that was idle all the time is refused', () => {
    const idle = profileOf([
      [1, '(root)', '', 0, [2]],
      [2, '(idle)', '', 20, []],
    ]);
    expect(() => flameGraph(callTree(idle), 'x')).toThrow('idle all the time');
  });
});
