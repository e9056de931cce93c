import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsIn, textOf } from '@sightline/alerts/runbooks.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import type { Addresses } from './system.ts';

/** Longer than any command of a runbook may take while someone waits. */
const patienceMs = 300_000;

/** Runs the commands of an alert's runbook as a reader would. Sentences about those that fail. */
export async function runRunbook(alert: string, addresses: Addresses): Promise<string[]> {
  const scripts = commandsIn(textOf(alert));
  const problems: string[] = [];
  for (const script of scripts) {
    const failure = await new Promise<string | undefined>((resolve) => {
      execFile(
        'bash',
        ['-e', '-c', script],
        {
          cwd: checkout,
          env: { ...process.env, ...addresses },
          timeout: patienceMs,
          maxBuffer: 16 * 1024 ** 2,
        },
        (error, stdout, stderr) =>
          resolve(error === null ? undefined : `${stderr}${stdout}`.trim().slice(-500) || error.message),
      );
    });
    if (failure !== undefined)
      problems.push(`A command of alerts/runbooks/${alert}.md failed during the fault: ${failure}`);
  }
  return problems;
}

/** Sentences about links of an alert that lead nowhere. */
export function brokenLinks(annotations: Readonly<Record<string, string>>): string[] {
  const { runbook_url: runbook = '', dashboard_url: dashboard = '' } = annotations;
  const page = /\/runbooks\/([\w-]+\.md)$/.exec(runbook)?.[1] ?? '';
  const uid = /\/d\/([\w-]+)$/.exec(dashboard)?.[1] ?? '';
  return [
    ...(page !== '' && existsSync(join(checkout, 'alerts/runbooks', page))
      ? []
      : [`Its runbook_url "${runbook}" leads to no page of alerts/runbooks.`]),
    ...(uid !== '' && uids().includes(uid)
      ? []
      : [`Its dashboard_url "${dashboard}" leads to no dashboard of dashboards/generated.`]),
  ];
}

const uids = () => {
  const list = readFileSync(join(checkout, 'dashboards/kustomization.yaml'), 'utf8');
  return [...list.matchAll(/generated\/([\w-]+)\.json/g)].map(([, uid = '']) => uid);
};
