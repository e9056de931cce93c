/** The alert rules of a stack in Docker: the generated ones, whose links lead to where this stack shows runbooks and dashboards. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@sightline/servers/atomic-file.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';

/** Where the links of the generated rules lead: to the page of a native stack, at its default port. */
export const nativePage = 'http://127.0.0.1:3001';

const names = { alerts: 'sightline.rules.yaml', backups: 'backup.rules.yaml' } as const;

/** The files that Prometheus gets. */
export function ruleFiles(stackDirectory: string): Readonly<Record<keyof typeof names, string>> {
  const folder = pathsIn(stackDirectory).data('compose');
  return { alerts: join(folder, names.alerts), backups: join(folder, names.backups) };
}

/** Rules whose runbooks are the webhook's and whose dashboards are Grafana's, at the ports of this stack. */
export function withLinks(rules: string, ports: Readonly<Record<string, number>>): string {
  return rules
    .replaceAll(`${nativePage}/runbooks/`, `http://127.0.0.1:${ports['WEBHOOK_PORT']}/runbooks/`)
    .replaceAll(`${nativePage}/d/`, `http://127.0.0.1:${ports['GRAFANA_PORT']}/d/`);
}

/** Writes them, readable by the user of Prometheus's container. */
export function writeRules(stackDirectory: string, ports: Readonly<Record<string, number>>): void {
  mkdirSync(pathsIn(stackDirectory).data('compose'), { recursive: true });
  const files = ruleFiles(stackDirectory);
  for (const kind of ['alerts', 'backups'] as const) {
    const generated = readFileSync(join(checkout, 'alerts/generated', names[kind]), 'utf8');
    replaceFile(files[kind], withLinks(generated, ports), 0o644);
  }
}
