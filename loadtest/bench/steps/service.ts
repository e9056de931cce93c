/**
 * The service, with switches in it: each step of a request can be left out while it runs. Nothing in the service knows
 * of them: as a module is loaded, what stands in for its exports is put around it.
 */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout } from '@sightline/settings/checkout.ts';
import type { Answer, Question } from '../start.ts';
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

process.on('message', (question: Question) => {
  if (question.ask !== 'without') return;
  for (const [name, each] of switches) each.isOff = question.steps.includes(name);
  process.send?.({ answer: question.steps.length } satisfies Answer);
});

await import('@sightline/app/src/main.ts');
for (const { name, parts } of all)
  for (const part of parts)
    if (!wrapped.has(part))
      throw new Error(`The step "${name}" can't be left out: the service loads no ${part.module}.`);
