/**
 * The rooms of the house are the npm workspaces, and its arrows are their `dependencies`. Biome refuses an import that a
 * room's package.json doesn't declare (noUndeclaredDependencies), and cycles between files; this looks at the rest.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { isTest, mentionsOf, type Source } from './arrows.ts';
import { filesOf } from './files.ts';

/** A workspace. */
export interface Room {
  /** From the root of the checkout. */
  readonly folder: string;
  /** `@sightline/app` */
  readonly name: string;
  /** Rooms that its code imports, by name; what only its tests import is not among them. */
  readonly uses: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(checkout, folder, 'package.json'), 'utf8')) as Manifest;

/** The rooms of the checkout, by folder. */
export function readRooms(): readonly Room[] {
  const { workspaces = [] } = readManifest('.');
  const folders = workspaces.flatMap((pattern) => globSync(pattern, { cwd: checkout }));
  return folders.toSorted().map((folder) => {
    const { name, dependencies = {} } = readManifest(folder);
    return { folder, name, uses: Object.keys(dependencies).filter((each) => each.startsWith('@sightline/')) };
  });
}

/**
 * The rooms from the one that nothing uses down to the one that uses nothing.
 * @throws Error that names the rooms that use each other in a circle
 */
export function inOrder(rooms: readonly Room[]): readonly Room[] {
  const ordered: Room[] = [];
  let left = rooms;
  while (left.length > 0) {
    const top = left.filter(({ name }) => !left.some(({ uses }) => uses.includes(name)));
    if (top.length === 0)
      throw new Error(`These rooms use each other in a circle, or use one that does: ${names(left)}.`);
    ordered.push(...top);
    left = left.filter((room) => !top.includes(room));
  }
  return ordered;
}

const names = (rooms: readonly Room[]) => rooms.map(({ folder }) => folder).join(', ');

/** Within a room: what every request meets knows no resource. */
const middleware = /^app\/src\/http\//;
const resource = /^app\/src\/(todos|users|sessions)\//;

/** Sentences for the wrong imports of a file. */
export function wrongImports(source: Source, rooms: readonly Room[]): string[] {
  const roomOf = (path: string) => rooms.find(({ folder }) => path.startsWith(`${folder}/`));
  const own = roomOf(source.path);
  return mentionsOf(source).imports.flatMap((specifier) => {
    const target = specifier.startsWith('.') && posix.join(posix.dirname(source.path), specifier);
    const other = target ? roomOf(target) : undefined;
    return [
      ...(target && other !== own
        ? [`imports ${specifier} of another room: by its name, ${other?.name ?? 'once it has one'}.`]
        : []),
      ...(isTest(target || specifier) && !isTest(source.path)
        ? [`is no test, and imports ${specifier} of a test folder.`]
        : []),
      ...(target && middleware.test(source.path) && resource.test(target)
        ? [`is what every request meets, and imports ${specifier} of a resource.`]
        : []),
    ].map((fault) => `${source.path} ${fault}`);
  });
}

/** docs/rooms.md: what uses what, as a picture and as a table. */
export function roomsPage(): string {
  const rooms = inOrder(readRooms());
  const folderOf = (name: string) => rooms.find((room) => room.name === name)?.folder ?? name;
  /** The rooms that no other use brings along: the picture has no other arrows. */
  const direct = ({ uses }: Room) => uses.filter((each) => !uses.some((by) => reaches(by, each)));
  const reaches = (from: string, to: string): boolean =>
    rooms.find(({ name }) => name === from)?.uses.some((each) => each === to || reaches(each, to)) ?? false;
  return [
    '# Rooms',
    '',
    'Generated from the `dependencies` of each `package.json` by `make generate`. A room uses what stands below it.',
    '`make lint` refuses an import that is not declared there, a circle, and a path from one room into another; only tests',
    '(`devDependencies`) may use more. What a room offers is in its `exports`: no test, but support named there.',
    '',
    '```mermaid',
    'flowchart TD',
    ...rooms.flatMap((room) => direct(room).map((each) => `  ${room.folder} --> ${folderOf(each)}`)),
    '```',
    '',
    '| room | uses |',
    '|---|---|',
    ...rooms.map(({ folder, uses }) => `| ${folder} | ${uses.map(folderOf).join(', ')} |`),
    '',
  ].join('\n');
}

const sources = (): Source[] =>
  filesOf(['*.ts', '*.tsx']).map((path) => ({ path, text: readFileSync(join(checkout, path), 'utf8') }));

if (import.meta.main) {
  const rooms = inOrder(readRooms());
  const files = sources();
  const found = files.flatMap((source) => wrongImports(source, rooms));
  for (const line of found) console.error(line);
  console.log(`${rooms.length} rooms, ${files.length} files, ${found.length} imports that go the wrong way`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
