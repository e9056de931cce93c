/** `PROFILE=smoke node ci/workflows/load-summary.ts` prints what a load test came to as Markdown, for the page of a job. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadSummary } from '@sightline/loadtest/k6/summary.ts';
import { table } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { loadPage } from './load-page.ts';

const profile = process.env['PROFILE'] || 'smoke';
const file = join(readSettings(table.components, process.env).stackDirectory, 'load', `${profile}.json`);
try {
  process.stdout.write(loadPage(JSON.parse(readFileSync(file, 'utf8')) as LoadSummary));
} catch (error) {
  // The page of a failed job is not the place to fail once more.
  console.log(`The load test left no result: ${(error as Error).message}`);
}
