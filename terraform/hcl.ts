/** Reads variables, outputs and calls of modules from files as `terraform fmt` writes them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export interface Block {
  readonly name: string;
  /** From its first line to its last. */
  readonly text: string;
}

/** A declaration with a name. */
export interface Declaration extends Block {
  readonly description: string | undefined;
}

export interface Variable extends Declaration {
  readonly type: string | undefined;
  /** The default in HCL; undefined: it has to be given. */
  readonly default: string | undefined;
}

export interface ModuleCall extends Block {
  /** The folder that is called, from the folder that was given to `readFolders`. */
  readonly source: string;
}

/** A folder with Terraform files. */
export interface Folder {
  /** From the folder that was given to `readFolders`. */
  readonly path: string;
  /** All its files, one after the other. */
  readonly text: string;
  readonly variables: readonly Variable[];
  readonly outputs: readonly Declaration[];
  readonly calls: readonly ModuleCall[];
  /** Whether it names a provider that has to be downloaded. */
  readonly needsProvider: boolean;
  readonly hasTests: boolean;
}

/** Blocks of one kind: from `kind "name" {` to the next brace at the beginning of a line. */
function blocks(text: string, kind: string): readonly Block[] {
  return [...text.matchAll(new RegExp(`^${kind} "([^"]+)" \\{\\n(?:.*\\n)*?\\}$`, 'gm'))].map(
    ([block, name = '']) => ({ name, text: block }),
  );
}

/** The value of an argument, as one line; undefined when the block has none. */
function argument(block: string, name: string): string | undefined {
  const value = new RegExp(`^ {2}${name} += (.*(?:\\n(?: {3,}.*| {2}[\\])}].*))*)`, 'm').exec(block)?.[1];
  return value?.replace(/\s+/g, ' ');
}

/** The text of a quoted string. */
function unquoted(value: string | undefined): string | undefined {
  return value === undefined ? undefined : value.replace(/^"|"$/g, '').replaceAll('\\"', '"');
}

const declared = (block: Block): Declaration => ({
  ...block,
  description: unquoted(argument(block.text, 'description')),
});

/** Folders below one that have Terraform files, by their paths. */
export function readFolders(root: string): readonly Folder[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'variables.tf')
    .map(({ parentPath }) => readFolder(root, parentPath))
    .sort((a, b) => a.path.localeCompare(b.path, 'en'));
}

function readFolder(root: string, folder: string): Folder {
  const files = readdirSync(folder).filter((name) => name.endsWith('.tf'));
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  return {
    path: relative(root, folder),
    text,
    variables: blocks(text, 'variable').map((block) => ({
      ...declared(block),
      type: argument(block.text, 'type'),
      default: argument(block.text, 'default'),
    })),
    outputs: blocks(text, 'output').map(declared),
    calls: blocks(text, 'module').map((block) => ({
      ...block,
      source: relative(root, resolve(folder, unquoted(argument(block.text, 'source')) ?? '')),
    })),
    needsProvider: text.includes('required_providers'),
    hasTests: existsSync(join(folder, 'tests')),
  };
}
