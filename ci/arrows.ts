/**
 * Reads what each file of the checkout uses: its imports, and the files and folders whose paths it names. A program that is
 * started, a page that is read and a file of rules that is given to Prometheus are all named by somebody.
 */
import { posix } from 'node:path';
import { parseSync } from '@swc/core';

/** A file of the checkout, by its path from the root. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** The mentions of others in a TypeScript file. */
export interface Mentions {
  /** Its imports, as they are written. */
  readonly imports: readonly string[];
  /** Those of them that are there when it runs: no types. */
  readonly loads: readonly string[];
  /** Its strings. What a template puts in is `*`; the strings that a call is given are one more, with `/` between them. */
  readonly strings: readonly string[];
  /** Folders, from its own, of paths that end with what isn't written there. */
  readonly folders: readonly string[];
  /** Whether it uses the folder that it is in, such as to start something there. */
  readonly usesOwnFolder: boolean;
}

interface Node {
  readonly type?: string;
  readonly value?: string;
  readonly typeOnly?: boolean;
  readonly source?: Node | null;
  readonly callee?: Node;
  readonly arguments?: readonly { readonly expression: Node }[] | null;
  readonly object?: Node;
  readonly property?: Node;
  readonly quasis?: readonly { readonly cooked?: string | null }[];
}

const textOf = ({ type, value, quasis = [] }: Node): string | undefined =>
  type === 'StringLiteral'
    ? value
    : type === 'TemplateLiteral'
      ? quasis.map(({ cooked }) => cooked ?? '').join('*')
      : undefined;

const isOwnFolder = ({ object, property }: Node) =>
  object?.type === 'MetaProperty' && property?.value === 'dirname';

export function mentionsOf({ path, text }: Source): Mentions {
  const imports: string[] = [];
  const loads: string[] = [];
  const strings: string[] = [];
  const folders: string[] = [];
  let usesOwnFolder = false;
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { source, typeOnly, callee, arguments: given } = node as Node;
    if (source?.type === 'StringLiteral' && source.value !== undefined) {
      imports.push(source.value);
      if (typeOnly !== true) loads.push(source.value);
      return;
    }
    if (isOwnFolder(node as Node)) usesOwnFolder = true;
    const own = textOf(node as Node);
    if (own !== undefined) strings.push(own);
    if (Array.isArray(given) && callee !== undefined) {
      const texts = given.flatMap(({ expression }) => textOf(expression) ?? []);
      if (callee.type === 'Import') {
        imports.push(...texts);
        loads.push(...texts);
        return;
      }
      if (texts.length > 1) strings.push(texts.join('/'));
      const [first, ...rest] = given.map(({ expression }) => expression);
      if (first !== undefined && isOwnFolder(first)) {
        const end = rest.findIndex((each) => textOf(each) === undefined);
        const path = rest
          .slice(0, end < 0 ? rest.length : end)
          .map(textOf)
          .join('/');
        strings.push(path);
        if (end >= 0 || /^[./]*$/.test(path)) folders.push(path || '.');
        for (const each of rest) look(each);
        return;
      }
    }
    for (const each of Object.values(node)) look(each);
  };
  look(parseSync(text, { syntax: 'typescript', tsx: path.endsWith('x'), target: 'es2024' }));
  return { imports, loads, strings, folders, usesOwnFolder };
}

/**
 * The way in which a file uses another. `loads`: by an import. `names`: by its path. `holds`: by the path of a folder, or by
 * a pattern. `beside`: by its own folder.
 */
export type Arrow = 'loads' | 'names' | 'holds' | 'beside';

/** The files that each file uses. */
export type Arrows = ReadonlyMap<string, ReadonlyMap<string, Arrow>>;

/** A workspace: the folder, and the name that others import it by. */
export interface Workspace {
  readonly folder: string;
  readonly name: string;
}

/** The folder of the room that a file is in; `.` for one at the root. */
export const roomAmong = (rooms: readonly Workspace[], path: string): string =>
  rooms.find(({ folder }) => path.startsWith(`${folder}/`))?.folder ?? '.';

/** The folders that a path is in, its own first and the root last. */
function foldersOf(path: string): readonly string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? [folder] : [folder, ...foldersOf(folder)];
}

/** Finds what a text names in a checkout. */
class Paths {
  readonly #files: ReadonlySet<string>;
  readonly #inFolder = new Map<string, string[]>();
  readonly #rooms: readonly Workspace[];

  constructor(files: readonly string[], rooms: readonly Workspace[]) {
    this.#files = new Set(files);
    this.#rooms = rooms;
    for (const file of files)
      for (const folder of foldersOf(file)) {
        const inside = this.#inFolder.get(folder);
        if (inside === undefined) this.#inFolder.set(folder, [file]);
        else inside.push(file);
      }
  }

  /** The file that an import means; undefined for a package of npm. */
  imported(from: string, specifier: string): string | undefined {
    const room = this.#rooms.find(({ name }) => specifier.startsWith(`${name}/`));
    const path = specifier.startsWith('.')
      ? posix.join(posix.dirname(from), specifier)
      : room && posix.join(room.folder, specifier.slice(room.name.length));
    return path !== undefined && this.#files.has(path) ? path : undefined;
  }

  /**
   * Finds what a word names: whatever it leads to from the folder of the file, from one above it or from the root, since it isn't
   * known which of them it is joined to.
   */
  named(from: string, word: string): readonly (readonly [string, Arrow])[] {
    // Such as `${checkout}/stack/cli.ts`, whose beginning is one of the folders.
    const path = word.replace(/^\*\//, '').replace(/\/$/, '');
    if (!/[./]|^[A-Z]/.test(path) || !/^[\w@.*{][\w@.*{}, +/-]*$/.test(path) || /^[./*]*$/.test(path))
      return [];
    return foldersOf(from).flatMap((folder): readonly (readonly [string, Arrow])[] => {
      const target = posix.join(folder, path);
      if (target.startsWith('.') && !path.startsWith('.')) return [];
      if (/[*{]/.test(path))
        return this.#matching(from, folder, target).map((each) => [each, 'holds'] as const);
      if (this.#files.has(target)) return [[target, 'names'] as const];
      // The folders that a file is in are where paths begin.
      const inside = from.startsWith(`${target}/`) || !path.includes('/') ? [] : this.#inFolder.get(target);
      return (inside ?? []).map((each) => [each, 'holds'] as const);
    });
  }

  /** The files in a folder that is given from the one of a file; nothing for the root, where paths begin. */
  inside(from: string, folder: string): readonly string[] {
    const target = posix.join(posix.dirname(from), folder).replace(/\/$/, '');
    return target === '.' ? [] : (this.#inFolder.get(target) ?? []);
  }

  /** Files in a folder, or below it, by a pattern that begins there. */
  #matching(from: string, folder: string, pattern: string): readonly string[] {
    const [literal = ''] = pattern.split(/[*{]/, 1);
    const top = literal.includes('/') ? literal.slice(0, literal.lastIndexOf('/')) : '.';
    // A pattern of the whole checkout is one of git's, which only this room asks.
    if (top === '.' && roomAmong(this.#rooms, from) !== 'ci') return [];
    // Git's own match over slashes.
    const one = top === '.' ? '.*' : '[^/]*';
    const source = pattern
      .replace(/[.+]/g, '\\$&')
      .replace(/\*\*\/|\*/g, (star) => (star === '*' ? one : '(?:.*/)?'))
      .replace(/\{([^}]*)\}/g, (_, choices: string) => `(?:${choices.replaceAll(',', '|')})`);
    if (/[{}]/.test(source) || folder.includes('*')) return [];
    const expression = new RegExp(`^${source}$`);
    return (this.#inFolder.get(top) ?? []).filter((file) => expression.test(file));
  }
}

/** Files that are read by people or by machines, and start nothing. */
const saysNothing = /\.(md|png|json|ndjson|sum|mod|txt|css|example)$|(^|\/)LICENSE$/;
export const isTypeScript = (path: string) => /\.(tsx?|js)$/.test(path);

/** Whether a file is a test, or there for tests. */
export const isTest = (path: string) => /(^|\/)test\//.test(path);

/** Words of a text without its comments: all that can't be in a path is between them. */
const wordsOf = (text: string) => new Set(text.replace(/(^|\s)#.*$/gm, '').split(/[\s'"`=,;:()[\]<>|&#]+/));

const importsOfJsonnet = (text: string) =>
  [...text.matchAll(/\bimport(?:str)? '([^']+)'/g)].map(([, path = '']) => path);

export function arrowsOf(sources: readonly Source[], rooms: readonly Workspace[]): Arrows {
  const paths = new Paths(
    sources.map(({ path }) => path),
    rooms,
  );
  return new Map(
    sources.map((source) => {
      const { path, text } = source;
      const found = new Map<string, Arrow>();
      const names = (words: Iterable<string>) => {
        for (const word of words)
          for (const [target, arrow] of paths.named(path, word))
            if (found.get(target) !== 'names') found.set(target, arrow);
      };
      if (isTypeScript(path)) {
        const { loads, strings, folders, usesOwnFolder } = mentionsOf(source);
        if (usesOwnFolder) for (const each of paths.inside(path, '.')) found.set(each, 'beside');
        for (const each of folders.flatMap((folder) => paths.inside(path, folder))) found.set(each, 'holds');
        // A test may copy whole rooms, and names them one by one.
        const wholeRooms = isTest(path) ? rooms.filter(({ folder }) => strings.includes(folder)) : [];
        for (const { folder } of wholeRooms)
          for (const each of paths.inside('.', folder)) found.set(each, 'beside');
        names(strings.flatMap((each) => [each, ...importsOfJsonnet(each)]));
        for (const each of loads) {
          const target = paths.imported(path, each);
          if (target !== undefined) found.set(target, 'loads');
        }
      } else if (/sonnet$/.test(path)) {
        names(importsOfJsonnet(text));
        for (const target of found.keys()) found.set(target, 'loads');
      } else if (!saysNothing.test(path)) names(wordsOf(text));
      found.delete(path);
      return [path, found];
    }),
  );
}

/**
 * The files that one uses, and what those use.
 * @param follow whether an arrow counts, and whether those of its end do
 */
export function reachedFrom(
  start: string,
  arrows: Arrows,
  follow: (from: string, to: string, arrow: Arrow) => 'on' | 'last' | 'not',
): ReadonlyMap<string, string> {
  const by = new Map([[start, '']]);
  const onward = [start];
  const followed = new Set(onward);
  for (let from = onward.shift(); from !== undefined; from = onward.shift())
    for (const [to, arrow] of arrows.get(from) ?? []) {
      const how = followed.has(to) ? 'not' : follow(from, to, arrow);
      if (how === 'not') continue;
      if (!by.has(to)) by.set(to, from);
      if (how === 'last') continue;
      followed.add(to);
      onward.push(to);
    }
  return by;
}
