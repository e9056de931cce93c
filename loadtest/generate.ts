/** `node loadtest/generate.ts` writes what k6 reads of the contract, and the page of recorded benchmarks; `--check` names what is stale. */
import { generate } from '@sightline/tools/generated-files.ts';
import { readRecorded, recordedPage } from './bench/record.ts';
import { operations, sloThresholds } from './operations.ts';

/** Writes JSON as the formatter does: a list of plain values is one line. */
const json = (value: unknown) =>
  `${JSON.stringify(value, null, 2).replace(/\[\s+([^[\]{}]+?)\s+\]/g, (_, inner: string) => `[${inner.replace(/\s*\n\s*/g, ' ')}]`)}\n`;

await generate({
  'loadtest/generated/operations.json': async () => json(await operations()),
  'loadtest/generated/thresholds.json': () => json(sloThresholds()),
  'loadtest/bench/results/README.md': () => recordedPage(readRecorded()),
});
