/** The components that make backups, prove them and tell of them: group `backup`. */
import { readdirSync } from 'node:fs';
import { backupsAmong } from '@sightline/backup/manifest.ts';
import type { DatabaseServer } from '@sightline/servers/postgresql.ts';
import { whyNoPostgresqlClient } from '@sightline/tools/postgresql-client.ts';
import {
  type BackupProgram,
  backupEnvironment,
  backupFolder,
  destinationEnvironment,
  makeBackupFolder,
} from './backup-settings.ts';
import type { Component } from './component.ts';
import { writeTarget } from './scrape-targets.ts';
import { portOf, type Settings } from './settings.ts';

const common = {
  kind: 'service',
  group: 'backup',
  ports: [],
  restartedBy: 'supervisor',
  startSeconds: 120,
  stopSignal: 'SIGTERM',
  stopSeconds: 10,
  essential: false,
} as const;
const exporterAt = (settings: Settings) => `127.0.0.1:${portOf(settings, 'BACKUP_EXPORTER_PORT')}`;

/** @param serverOf the server whose database is backed up */
export function backupComponents(serverOf: (settings: Settings) => DatabaseServer): Component[] {
  /** Environments that `prepare` has made: what has to be fetched, or made, is there by the launch. */
  const environments: Partial<Record<BackupProgram, Readonly<Record<string, string>>>> = {};
  let destination: Readonly<Record<string, string>> = {};
  const scheduled = (program: 'backup' | 'restore-drill', every: string) => ({
    needs: whyNoPostgresqlClient,
    prepare: async (settings: Settings) => {
      makeBackupFolder(settings);
      environments[program] = await backupEnvironment(program, settings, serverOf(settings));
    },
    launch: () => ({
      command: process.execPath,
      args: ['backup/schedule.ts', every, `backup/${program}.ts`],
      env: environments[program] ?? {},
    }),
  });
  return [
    {
      ...common,
      ...scheduled('backup', '30m'),
      name: 'backups',
      summary: 'a backup every half hour into data/backups; make backups lists them',
      dependsOn: ['migrate'],
      ready: (settings) => ({
        condition: () => backupsAmong(readdirSync(backupFolder(settings))).length > 0,
        named: 'the first backup',
      }),
    },
    {
      ...common,
      ...scheduled('restore-drill', '7d'),
      name: 'restore-drill',
      summary: 'restores the newest backup once a week, and compares every row',
      dependsOn: ['backups'],
      // What it has to prove may take long; it is seen in metrics.
      ready: () => ({ condition: () => true, named: 'its start' }),
    },
    {
      ...common,
      name: 'backup-exporter',
      summary: 'metrics of the backups that are there',
      dependsOn: [],
      ports: [{ setting: 'BACKUP_EXPORTER_PORT', default: 9466 }],
      prepare: async (settings) => {
        makeBackupFolder(settings);
        destination = await destinationEnvironment(settings);
        return writeTarget(settings, 'backup', exporterAt(settings));
      },
      launch: (settings) => ({
        command: process.execPath,
        args: ['backup/exporter.ts'],
        env: {
          ...destination,
          EXPORTER_PORT: String(portOf(settings, 'BACKUP_EXPORTER_PORT')),
          EXPORTER_INTERVAL_MS: '5000',
        },
      }),
      ready: (settings) => ({ http: `http://${exporterAt(settings)}/health` }),
    },
  ];
}
