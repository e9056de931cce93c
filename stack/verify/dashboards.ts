import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout } from '../native/settings.ts';
import { type Dashboard, readDashboard } from './grafana/walk.ts';

/** A panel that has no data while nothing is wrong, or because what it is about doesn't run here. */
export interface QuietPanel {
  readonly dashboard: string;
  readonly panel: string;
  /** Not given: all of its queries. */
  readonly refIds?: readonly string[];
  readonly because: string;
}

const folder = join(checkout, 'dashboards');

/** Why there is no dashboard to look at. */
export function withoutDashboards(): string | undefined {
  return existsSync(join(folder, 'generated'))
    ? undefined
    : 'dashboards/generated is not there: run make generate';
}

/** The dashboards of a folder. Throws a sentence for a file that is none. */
export function loadDashboards(generated = join(folder, 'generated')): readonly Dashboard[] {
  return readdirSync(generated)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => readDashboard(JSON.parse(readFileSync(join(generated, file), 'utf8')), file));
}

/** The list that dashboards/ keeps of them. */
export async function loadQuietPanels(): Promise<readonly QuietPanel[]> {
  const file = join(folder, 'quiet-panels.ts');
  if (!existsSync(file)) return [];
  const { quietPanels } = (await import(pathToFileURL(file).href)) as { quietPanels: readonly QuietPanel[] };
  return quietPanels;
}
