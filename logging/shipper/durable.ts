import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a change of a folder's entries survive a power cut. Throws the file system's error. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Replaces a file in one step and for good: no crash leaves half of it. Throws the file system's error. */
export async function replaceDurably(path: string, content: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}
