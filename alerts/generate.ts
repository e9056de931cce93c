import { generate } from '@sightline/tools/generated-files.ts';
import { stringify } from 'yaml';
import { evaluate, JsonnetError } from './jsonnet.ts';

const header = '# Generated from alerts/ by `make generate`; change it there.\n';

/** Keys in the order that people read them; others come last, by name. */
const order = [
  'apiVersion',
  'kind',
  'metadata',
  'spec',
  'name',
  'interval',
  'alert',
  'record',
  'expr',
  'for',
];
const rank = (key: unknown) => (order.includes(String(key)) ? order.indexOf(String(key)) : order.length);
const labelsBeforeAnnotations = (key: unknown) => (key === 'labels' ? '' : String(key));

/** YAML that is the same for the same value, whatever order jsonnet gave its keys. */
const yaml = (value: unknown) =>
  stringify(value, {
    lineWidth: 0,
    aliasDuplicateObjects: false,
    sortMapEntries: ({ key: a }, { key: b }) =>
      rank(a) - rank(b) || labelsBeforeAnnotations(a).localeCompare(labelsBeforeAnnotations(b), 'en'),
  });

// `node alerts/generate.ts` writes the rule files; with `--check` it only says which are stale, and fails on one.
try {
  const outputs = (await evaluate("import 'outputs.jsonnet'")) as Record<string, unknown>;
  await generate(
    Object.fromEntries(
      Object.entries(outputs).map(([path, value]) => [
        `alerts/generated/${path}`,
        () => header + yaml(value),
      ]),
    ),
  );
} catch (error) {
  if (!(error instanceof JsonnetError)) throw error;
  console.error(`No rules can be made of alerts/: ${error.message}`);
  process.exitCode = 1;
}
