/** Where things are kept from run to run that are fetched or built. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { checkout } from './checkout.ts';
import { type Environment, SettingsError } from './setting.ts';

/** A folder for what is made of this checkout's own files. */
export const checkoutCacheFolder = (name: string): string => join(checkout, '.cache', name);

/**
 * A folder for what is the same in every checkout: in SIGHTLINE_CACHE, else in `sightline` of XDG_CACHE_HOME, else in
 * `~/.cache/sightline`. Where the user has no home folder, or may not write there, it is in `.cache` of the checkout.
 * Entries are named by all that they depend on, the platform too, and appear whole (packages/servers/cache-entry.ts).
 * @throws SettingsError when SIGHTLINE_CACHE can't be written
 */
export function cacheFolder(name: string, environment: Environment = process.env): string {
  const { SIGHTLINE_CACHE: given } = environment;
  if (given) {
    const folder = resolve(checkout, given);
    const problem = whyNotWritable(folder);
    if (problem === undefined) return join(folder, name);
    throw new SettingsError([
      `SIGHTLINE_CACHE is "${given}", and nothing can be written there: ${problem}. Choose another folder, or unset it.`,
    ]);
  }
  const folder = userFolder(environment);
  return folder !== undefined && whyNotWritable(folder) === undefined
    ? join(folder, name)
    : checkoutCacheFolder(name);
}

function userFolder({ XDG_CACHE_HOME: xdg, HOME: home }: Environment): string | undefined {
  // The XDG specification has a relative path ignored.
  if (xdg && isAbsolute(xdg)) return join(xdg, 'sightline');
  const folder = home || homeOfUser();
  return folder && isAbsolute(folder) ? join(folder, '.cache/sightline') : undefined;
}

function homeOfUser(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // A container may run as a user that its system does not know.
    return undefined;
  }
}

function whyNotWritable(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
