/** Backups of the stack that drills break, made when a drill wants one, and their rules. */

import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlert, type RuleGroup } from '@sightline/alerts/rules.ts';
import { type Manifest, manifestFile, manifestText } from '@sightline/backup/manifest.ts';
import { observe } from '@sightline/backup/observe.ts';
import { splitSignature } from '@sightline/backup/signature.ts';
import { folderStorage } from '@sightline/backup/storage/folder.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { backupEnvironment, backupFolder, backupKeysIn } from '@sightline/stack/native/backup-settings.ts';
import { databaseServer } from '@sightline/stack/native/components.ts';
import { prometheusConfigurationFolder } from '@sightline/stack/native/scrape-targets.ts';
import { portOf } from '@sightline/stack/native/settings.ts';
import { fetchText, prometheusAt } from '@sightline/testkit/prometheus.ts';
import { parse, stringify } from 'yaml';
import type { SystemUnderTest } from './system.ts';

const rules = join(checkout, 'alerts/generated/drill/backup.rules.yaml');

export interface Backups {
  /** The destination. */
  readonly folder: string;
  files(): Promise<readonly string[]>;
  /** Removes them all. */
  forget(): Promise<void>;
  /** Runs a program of backup/ to its end. Throws what it said when it did not end so. */
  run(program: 'backup' | 'restore-drill', ending?: 'succeeds' | 'fails'): Promise<void>;
  /**
   * Waits until the exporter has seen what is at the destination, and Prometheus has it from there. The exporter looks
   * by a clock of its own: a scrape may tell of a moment before.
   */
  seen(): Promise<void>;
  /** Changes what a backup's manifest says, and signs it by the stack's key. */
  signManifest(id: string, change: (manifest: Manifest) => Manifest): Promise<void>;
  /**
   * Has Prometheus look for an alert. Only for this one: in the windows of a drill each of them wants a backup, or a
   * restore, every minute. The next drill's Prometheus starts without it.
   */
  watch(alert: string): Promise<void>;
}

export function backupsOf(system: SystemUnderTest): Backups {
  const { settings } = system;
  const folder = backupFolder(settings);
  return {
    folder,
    files: () => readdir(folder),
    async forget() {
      for (const file of await readdir(folder)) await rm(join(folder, file));
    },
    async run(program, ending = 'succeeds') {
      const environment = await backupEnvironment(program, settings, databaseServer(settings));
      const env = { PATH: process.env['PATH'], BACKUP_ATTEMPTS: '1', ...environment };
      const { failed, said } = await promisify(execFile)(
        process.execPath,
        [join(checkout, 'backup', `${program}.ts`)],
        { env, timeout: 600_000 },
      ).then(
        () => ({ failed: false, said: '' }),
        (error: { stderr?: string }) => ({ failed: true, said: error.stderr ?? String(error) }),
      );
      if (failed !== (ending === 'fails')) throw new Error(`${program}.ts was to ${ending}. ${said}`);
    },
    async seen() {
      const { verificationKeys } = await backupKeysIn(pathsIn(settings.stackDirectory).secrets);
      const keys = [createPublicKey(verificationKeys)];
      const { metrics } = await observe(folderStorage(folder, system.signal), keys);
      const { text: there } = await metrics.scrape();
      const exporter = `http://127.0.0.1:${portOf(settings, 'BACKUP_EXPORTER_PORT')}/metrics`;
      await system.until(
        async () => (await fetchText(exporter)).text === there,
        20,
        'The exporter did not see the backups that are there',
      );
      await system.scraped('backup');
    },
    async signManifest(id, change) {
      const { signingKey } = await backupKeysIn(pathsIn(settings.stackDirectory).secrets);
      const path = join(folder, manifestFile(id));
      const { document } = splitSignature(path, readFileSync(path, 'utf8'));
      writeFileSync(path, manifestText(change(document as Manifest), createPrivateKey(signingKey)));
    },
    async watch(alert) {
      const { groups } = parse(readFileSync(rules, 'utf8')) as { groups: readonly RuleGroup[] };
      const only = groups.map((group) => ({
        ...group,
        rules: group.rules.filter((rule) => isAlert(rule) && rule.alert === alert),
      }));
      writeFileSync(
        join(prometheusConfigurationFolder(settings), 'rules/backup.rules.yaml'),
        stringify({ groups: only }),
      );
      system.send('prometheus', 'SIGHUP');
      await system.until(
        async () => {
          const groups = await prometheusAt(system.addresses.PROMETHEUS_URL).ruleGroups();
          return groups.some((group) => group.rules.some(({ name }) => name === alert));
        },
        20,
        `Prometheus did not take the rule ${alert}`,
      );
    },
  };
}
