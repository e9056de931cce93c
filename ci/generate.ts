/** `node ci/generate.ts [--check]`: every folder's generated files, in an order that serves who reads them. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';

/** Each takes `--check`. */
const entries = [
  'ci/generate-service.ts',
  'kubernetes/generate.ts',
  'monitoring/generate.ts',
  'alerts/generate.ts',
  'loadtest/generate.ts',
  'dashboards/generate.ts',
  'logging/generate.ts',
  'terraform/generate.ts',
  // From what the others have written.
  'ci/signals-page.ts',
  'ci/runbook-links.ts',
];

for (const entry of entries.filter((path) => existsSync(join(checkout, path)))) {
  const run = spawnSync(process.execPath, [entry, ...process.argv.slice(2)], {
    cwd: checkout,
    stdio: 'inherit',
  });
  if (run.status !== 0) process.exitCode = 1;
}
