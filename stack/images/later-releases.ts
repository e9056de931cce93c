/**
 * Releases of the service that come after this checkout, for whoever wants to see an update: two migrations that rename
 * a column (docs/schema-changes.md), and code that knows the new name only. By the end of their tag.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';

const migrationsHere = join(import.meta.dirname, 'later-releases');
const expand = '900_add_users_display_name';
const contract = '901_drop_users_name';

/** The migrations that each has beside those of this checkout. */
const releases: Readonly<Record<string, readonly string[]>> = {
  next: [expand],
  'next-but-one': [expand, contract],
};

/** Code that reads and writes `display_name`, and nothing of `name`. */
const models = `
export * from './models-before.ts';
import { UserModel as UserBefore } from './models-before.ts';

export class UserModel extends UserBefore {
  static columnNameMappers = {
    format: ({ name, ...row }) => (name === undefined ? row : { ...row, display_name: name }),
    parse: ({ display_name, name, ...row }) => ({ ...row, name: display_name }),
  };
}
`;

const indexOf = (names: readonly string[]) => `
import { migrations as before } from './before.ts';
${names.map((name, index) => `import * as later${index} from './${name}.ts';`).join('\n')}

export const migrations = new Map([...before, ${names.map((name, index) => `['${name}', later${index}]`).join(', ')}]);
`;

/**
 * Writes into a folder what a release of this tag has in place of this checkout's files, and beside them.
 * @param folder for the root of an image
 * @returns false when the tag is of no later release
 */
export function writeLaterRelease(tag: string, folder: string): boolean {
  const [, names] = Object.entries(releases).find(([end]) => tag.endsWith(`-${end}`)) ?? [];
  if (names === undefined) return false;
  const source = join(checkout, 'app/src/database');
  const target = join(folder, 'srv/sightline/app/src/database');
  mkdirSync(join(target, 'migrations'), { recursive: true });
  copyFileSync(join(source, 'models.ts'), join(target, 'models-before.ts'));
  writeFileSync(join(target, 'models.ts'), models);
  copyFileSync(join(source, 'migrations/index.ts'), join(target, 'migrations/before.ts'));
  writeFileSync(join(target, 'migrations/index.ts'), indexOf(names));
  for (const name of names)
    copyFileSync(join(migrationsHere, `${name}.ts`), join(target, `migrations/${name}.ts`));
  return true;
}
