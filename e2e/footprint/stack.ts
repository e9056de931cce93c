import { setTimeout as delay } from 'node:timers/promises';
import { table } from '@sightline/stack/native/components.ts';
import { readRunningState, type StackState } from '@sightline/stack/native/state.ts';
import { aligned } from '@sightline/telemetry/terminal.ts';
import { type OwnStack, ownStack } from '../own-stack.ts';
import type { FootprintContext } from './context.ts';
import { type Memory, memoryOf, sumOf } from './processes.ts';
import { type Finding, megabytes } from './report.ts';
import type { FootprintSettings } from './settings.ts';

const maxSeconds = 20;
const maxBytes = 1.6e9;

/** One component, or the supervisor that runs them. */
interface Part extends Memory {
  readonly name: string;
  /** From `make up` to its being ready. */
  readonly readySeconds: number | undefined;
  readonly pid: number;
}

/** @returns seconds that the command took */
async function timed(stack: OwnStack, command: 'up' | 'down'): Promise<number> {
  const began = performance.now();
  if (!(await stack.runWith({ STACK: 'native' }, 'stack/cli.ts', command)))
    throw new Error(`make ${command} failed on the stack that was to be measured.`);
  return (performance.now() - began) / 1000;
}

/** Reads the memory of all that runs. @param upAt when `make up` began, in milliseconds since 1970 */
function partsOf(state: StackState, upAt: number): Part[] {
  const running = Object.entries(state.components).flatMap(([name, { process, readyAt }]) =>
    process === null
      ? []
      : [{ name, pid: process.pid, readySeconds: readyAt ? (Date.parse(readyAt) - upAt) / 1000 : undefined }],
  );
  const all = [...running, { name: 'supervisor', pid: state.supervisor.pid, readySeconds: undefined }];
  return memoryOf(all.map(({ pid }) => pid)).flatMap((memory, n) => {
    const one = all[n];
    return one ? { ...memory, ...one } : [];
  });
}

function tableOf(parts: readonly Part[], missing: readonly string[], total: Memory): string {
  const row = ({ processes, rss, pss }: Memory) =>
    [String(processes), megabytes(rss), pss === undefined ? '-' : megabytes(pss)].map((cell) =>
      cell.padStart(9),
    );
  const lines = aligned([
    ['component', 'processes', '      RSS', '      PSS', 'ready after'],
    ...parts.map((part) => [
      part.name,
      ...row(part),
      part.readySeconds === undefined ? '' : `${part.readySeconds.toFixed(1)} s`.padStart(11),
    ]),
    ['all', ...row(total)],
  ]);
  return missing.length === 0 ? lines : `${lines}\nMissing here: ${missing.join(', ')}`;
}

function finding(
  state: StackState,
  { cold, warm }: { readonly cold: number; readonly warm: number },
  { upAt, quietSeconds }: { readonly upAt: number; readonly quietSeconds: number },
): Finding {
  const parts = partsOf(state, upAt).toSorted((one, other) => other.rss - one.rss);
  const total = sumOf(parts);
  const missing = Object.entries(state.components).flatMap(([name, { state: condition }]) =>
    condition === 'missing' ? [name] : [],
  );
  const used = total.pss ?? total.rss;
  const both = `RSS summed up ${megabytes(total.rss)}, PSS ${total.pss === undefined ? 'not told here' : megabytes(total.pss)}`;
  const partly = missing.length === 0 ? '' : `; without ${missing.join(', ')}`;
  return {
    text:
      `The native stack after ${quietSeconds} quiet seconds; make up took ${cold.toFixed(1)} s with no data and ` +
      `${warm.toFixed(1)} s with the data of before:\n\n${tableOf(parts, missing, total)}`,
    goals: [
      {
        what: `make up, warm: under ${maxSeconds} s to everything green`,
        reached: warm < maxSeconds && missing.length === 0,
        found: `${warm.toFixed(1)} s${partly}`,
      },
      {
        what: `The native stack idle: under ${megabytes(maxBytes)}`,
        reached: used < maxBytes && missing.length === 0,
        found: `${both}${partly}`,
      },
    ],
    data: { coldSeconds: cold, warmSeconds: warm, quietSeconds, components: parts, total, missing },
  };
}

/** Brings a stack of its own up twice, the second time on the data of the first, and reads its memory once it is idle. */
export async function measureStack(
  { quietSeconds }: FootprintSettings,
  context: FootprintContext,
): Promise<Finding> {
  const stack = await ownStack(() => ({}), table.components, context.interrupted);
  try {
    context.live('stack: make up, with no data yet');
    const cold = await timed(stack, 'up');
    context.live('stack: make down');
    await timed(stack, 'down');
    context.interrupted.throwIfAborted();
    context.live('stack: make up again');
    const upAt = Date.now();
    const warm = await timed(stack, 'up');
    context.live(`stack: up after ${warm.toFixed(1)} s; ${quietSeconds} s of quiet`);
    await delay(quietSeconds * 1000, undefined, { signal: context.interrupted });
    const state = readRunningState(stack.directory);
    if (!state) throw new Error('The stack that was to be measured ended by itself.');
    return finding(state, { cold, warm }, { upAt, quietSeconds });
  } finally {
    context.live('stack: taking it down');
    await stack.stop();
  }
}
