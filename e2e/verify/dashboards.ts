import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { type Dashboard, readDashboard } from '@sightline/testkit/grafana/walk.ts';

/** The dashboards of a folder. Throws a sentence for a file that is none. */
export function loadDashboards(generated = join(checkout, 'dashboards/generated')): readonly Dashboard[] {
  return readdirSync(generated)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => readDashboard(JSON.parse(readFileSync(join(generated, file), 'utf8')), file));
}
