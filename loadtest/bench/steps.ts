/** `make bench-steps`: where the processor time of a request goes, step by step, as a table and `bench-steps.json`. */
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { writeResult } from './result-file.ts';
import { readSteps } from './settings.ts';
import { runSteps } from './steps/run.ts';
import { textOf } from './steps/table.ts';

// Through `exit`, so that all processes that were started here end too.
onInterrupt((signal) => process.exit(exitCodeOf(signal)));
try {
  const settings = readSteps(process.env);
  const database = await createTestDatabase();
  const results = await runSteps(settings, database.url, (line) => console.error(line));
  await database.drop();
  console.log(`\n${textOf(results)}\n`);
  console.log(`Written: ${writeResult('bench-steps.json', results)}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
