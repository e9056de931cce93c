/**
 * `node app/test/signals-seen.ts` after the tests: which signals of the API, all of which the tests should have made it
 * emit, none of them saw. SIGNALS_SEEN is the folder where they noted what they saw (packages/testkit/signal-check.ts).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogEvent, MetricSignal } from '@sightline/contract/signal.ts';
import { logEvents, metrics } from '@sightline/contract/signals.ts';

const { SIGNALS_SEEN: folder } = process.env;
if (folder === undefined) throw new Error('SIGNALS_SEEN is not set: run this by make test, after the tests.');

const seen = new Set(
  readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n')),
);

/** The signals of one kind, those of the API apart from those of programs that aren't built yet. */
const split = (kind: 'event' | 'metric', signals: Readonly<Record<string, LogEvent | MetricSignal>>) => {
  const all = Object.entries(signals).map(([name, { emitter }]) => ({ name: `${kind} ${name}`, emitter }));
  return {
    own: all.filter(({ emitter }) => emitter === 'api'),
    later: all.filter(({ emitter }) => emitter !== 'api'),
  };
};

const parts = [split('event', logEvents), split('metric', metrics)];
const unseen = parts.flatMap(({ own }) => own).filter(({ name }) => !seen.has(name));
const emitters = new Set(parts.flatMap(({ later }) => later).map(({ emitter }) => emitter));
console.error(
  `Signals of ${[...emitters].join(', ')} are declared, and not looked for in the tests of the API.`,
);
for (const { name } of unseen) console.error(`${name} is declared, but no test saw it emitted.`);
process.exitCode = unseen.length > 0 ? 1 : 0;
