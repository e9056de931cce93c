import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { evaluate, JsonnetError } from './jsonnet.ts';

const root = resolve(import.meta.dirname, '..');
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

/** `node alerts/generate.ts` writes the rule files; with `--check` it only says which are stale, and fails on one. */
async function main(check: boolean): Promise<void> {
  const outputs = (await evaluate("import 'outputs.jsonnet'")) as Record<string, unknown>;
  const stale: string[] = [];
  for (const [path, value] of Object.entries(outputs)) {
    const file = resolve(import.meta.dirname, 'generated', path);
    const text = header + yaml(value);
    const current = await readFile(file, 'utf8').catch(() => undefined);
    if (current === text) continue;
    stale.push(relative(root, file));
    if (check) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  if (check && stale.length > 0) {
    console.error(`Stale: ${stale.join(', ')}. Run make generate and commit what it writes.`);
    process.exitCode = 1;
  } else if (stale.length > 0) console.log(`Written: ${stale.join(', ')}.`);
}

try {
  await main(process.argv.includes('--check'));
} catch (error) {
  if (!(error instanceof JsonnetError)) throw error;
  console.error(`No rules can be made of alerts/: ${error.message}`);
  process.exitCode = 1;
}
