/** `make load`: a load test by k6, with its exit code: 99 when a threshold was crossed. */

import { join, relative } from 'node:path';
import { runLoad } from '@sightline/loadtest/run.ts';
import { ensureStackDirectory } from '@sightline/servers/stack-directory.ts';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { table } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { readLoad } from './settings.ts';

const end = new AbortController();
onInterrupt(() => end.abort());
try {
  const settings = readSettings(table.components, process.env);
  const load = readLoad(process.env, settings, new Date());
  ensureStackDirectory(settings.stackDirectory);
  const { code, summary } = await runLoad({ ...load, shows: true, signal: end.signal });
  if (summary !== undefined) {
    const results = ['json', 'xml', 'html'].map((extension) => `${load.profile}.${extension}`);
    const paths = results.map((file) => relative(process.cwd(), join(load.directory, file)));
    console.log(`Written: ${paths.join(', ')}`);
  }
  process.exitCode = typeof code === 'number' ? code : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
