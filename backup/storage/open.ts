import type { storageSettings, Values } from '../settings.ts';
import { folderStorage } from './folder.ts';
import { s3Storage } from './s3.ts';
import type { Storage } from './storage.ts';

/**
 * The storage that settings describe.
 * @param interrupted ends what is being read or written; what undoes it still goes through
 */
export function openStorage(
  settings: Values<(typeof storageSettings)[number]>,
  interrupted: AbortSignal,
): Storage {
  const { BACKUP_DESTINATION: destination } = settings;
  return destination.kind === 'folder'
    ? folderStorage(destination.path, interrupted)
    : s3Storage(destination.bucket, destination.prefix, settings, interrupted);
}
