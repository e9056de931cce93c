/**
 * The service, with switches in it: each step of a request can be left out while it runs. Nothing in the service knows
 * of them: as a module is loaded, what stands in for its exports is put around it.
 */
import { subscribe } from 'node:diagnostics_channel';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { checkout } from '@sightline/settings/checkout.ts';
import type { Answer, Compared, Comparison, Question } from '../start.ts';
import { application, type Part, steps } from './steps.ts';
import type { Switch } from './switches.ts';

const all = [...steps, application];
const switches = new Map<string, Switch>(all.map(({ name }) => [name, { isOff: false }]));

const partsByUrl = Map.groupBy(
  all.flatMap(({ name, parts }) => parts.map((part) => ({ step: name, part }))),
  ({ part }) => pathToFileURL(resolve(checkout, part.module)).href,
);
/** Marks the address by which a module is loaded as it is. */
const asItIs = '?as-it-is';

/** Makes the stand-in of a part: called by the text that is put around a module, which can't import this one. */
type Wrap = (step: string, exported: string, real: Parameters<Part['standIn']>[0]) => unknown;
const wrapped = new Set<Part>();
const global = globalThis as unknown as { standInFor: Wrap };
global.standInFor = (step, exported, real) => {
  const found = all.find(({ name }) => name === step)?.parts.find((part) => part.exported === exported);
  const ofStep = switches.get(step);
  if (found === undefined || ofStep === undefined || typeof real !== 'function')
    throw new Error(`The step "${step}" finds no ${exported} to call.`);
  wrapped.add(found);
  return found.standIn(real, ofStep);
};

registerHooks({
  load(url, context, nextLoad) {
    const parts = partsByUrl.get(url);
    if (parts === undefined) return nextLoad(url, context);
    const real = JSON.stringify(`${url}${asItIs}`);
    const standIns = parts.map(
      ({ step, part: { exported } }) =>
        `export const ${exported} = standInFor(${JSON.stringify(step)}, '${exported}', real.${exported});`,
    );
    const source = [`import * as real from ${real};`, `export * from ${real};`, ...standIns].join('\n');
    return { format: 'module', source, shortCircuit: true };
  },
});

/** Requests that came so far. */
let requests = 0;
subscribe('http.server.request.start', () => {
  requests += 1;
});

function leaveOut(names: readonly string[]): void {
  for (const [name, each] of switches) each.isOff = names.includes(name);
}

/** Milliseconds after a switch until most requests are answered that began before it. */
const settleMs = 10;

/** @returns microseconds of processor time that a request takes from now on */
async function microsOfRequest(windowMs: number): Promise<number> {
  await delay(settleMs);
  const before = { ...process.cpuUsage(), requests };
  await delay(windowMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (requests - before.requests);
}

async function compare({ without, turns, windowMs }: Comparison): Promise<Compared> {
  const compared = { with: [] as number[], without: [] as number[] };
  for (let turn = 0; turn < turns; turn += 1)
    // Each goes first in every other turn, so that what only rises or falls favours neither.
    for (const which of turn % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
      leaveOut(which === 'without' ? without : []);
      compared[which].push(await microsOfRequest(windowMs));
    }
  leaveOut([]);
  return compared;
}

process.on('message', async (question: Question) => {
  if (question.ask === 'leave-out') {
    leaveOut(question.without);
    process.send?.({ answer: null } satisfies Answer<typeof question.ask>);
  }
  if (question.ask === 'compare')
    process.send?.({ answer: await compare(question) } satisfies Answer<typeof question.ask>);
});

await import('@sightline/app/src/main.ts');
for (const { name, parts } of all)
  for (const part of parts)
    if (!wrapped.has(part))
      throw new Error(`The step "${name}" can't be left out: the service loads no ${part.module}.`);
