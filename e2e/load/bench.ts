/** `make bench`: the service beside its peers, as a table, `bench.json` of the stack's folder, and a part of the report. */

import { join, relative } from 'node:path';
import { record } from '@sightline/loadtest/bench/record.ts';
import { runBench } from '@sightline/loadtest/bench/run.ts';
import { readBench } from '@sightline/loadtest/bench/settings.ts';
import { textOf } from '@sightline/loadtest/bench/table.ts';
import { writeReport } from '@sightline/preview/report.ts';
import { writePage } from '@sightline/preview/report-file.ts';
import { replaceFile } from '@sightline/servers/atomic-file.ts';
import { ensureStackDirectory, stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';

// Through `exit`, so that all processes that were started here end too.
onInterrupt((signal) => process.exit(exitCodeOf(signal)));
try {
  const settings = readBench(process.env);
  const stackDirectory = stackDirectoryOf(process.env);
  ensureStackDirectory(stackDirectory);
  const database = await createTestDatabase();
  const results = await runBench(settings, database.url, (line) => console.error(line));
  await database.drop();
  console.log(`\n${textOf(results)}\n`);
  const file = join(stackDirectory, 'bench.json');
  replaceFile(file, `${JSON.stringify(results, null, 2)}\n`, 0o644);
  writeReport(stackDirectory, { bench: results });
  const page = await writePage(stackDirectory);
  console.log(`Written: ${[file, page].map((path) => relative(process.cwd(), path)).join(', ')}`);
  if (settings.record !== undefined)
    console.log(`Kept in ${record(settings.record, results)}; make generate writes the page of these runs.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
