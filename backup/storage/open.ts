import type { storageSettings, Values } from '../settings.ts';
import { folderStorage } from './folder.ts';
import { s3Storage } from './s3.ts';
import type { Storage } from './storage.ts';

/** The storage that settings describe. */
export function openStorage(settings: Values<(typeof storageSettings)[number]>): Storage {
  const { BACKUP_DESTINATION: destination } = settings;
  return destination.kind === 'folder'
    ? folderStorage(destination.path)
    : s3Storage(destination.bucket, destination.prefix, settings);
}
