import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { configurationPage } from './config.ts';
import { describeApi } from './openapi/describe.ts';
import {
  elasticsearchMappings,
  kibanaFieldFormats,
  signalsLibsonnet,
  signalsPage,
} from './telemetry/signal-files.ts';

const root = resolve(import.meta.dirname, '../..');

/** Every generated file of the repository, by its path, and what makes its text. */
const generated: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/configuration.md': configurationPage,
  'alerts/generated/signals.libsonnet': signalsLibsonnet,
  'docs/signals.md': signalsPage,
  'logging/elasticsearch/component-template-mappings.json': elasticsearchMappings,
  'logging/kibana/field-formats.json': kibanaFieldFormats,
  'docs/openapi.json': async () => `${JSON.stringify(await describeApi(), null, 2)}\n`,
};

/** `node app/src/generate.ts` writes the files; with `--check` it only says which are stale, and fails on one. */
async function main(check: boolean): Promise<void> {
  const stale: string[] = [];
  for (const [path, make] of Object.entries(generated)) {
    const file = resolve(root, path);
    const text = await make();
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

await main(process.argv.includes('--check'));
