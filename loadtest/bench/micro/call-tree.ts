import type { CpuProfile } from '@sightline/app/src/management/cpu-profile.ts';

/** Whose code a function is. `native`: V8 and what is written in C++, the garbage collector included. */
export type CodeKind = 'ours' | 'dependency' | 'node' | 'native';

/** The name of a function that has none. */
export const anonymous = '(anonymous)';

/** A function as it was called from one place, with all that was called from there. */
export interface Call {
  readonly name: string;
  /** File and line, as short as tells it; empty where there is no file. */
  readonly place: string;
  readonly kind: CodeKind;
  /** Samples that found this function itself at work. */
  self: number;
  /** Samples that found it or what it called at work. */
  total: number;
  readonly children: Call[];
}

/** A profile with calls of the same function from the same place made one. */
export interface CallTree {
  readonly root: Call;
  /** Samples that found the process waiting; in none of the calls. */
  readonly idle: number;
}

/** The time that one function took, from all places that call it. */
export interface FunctionTime extends Pick<Call, 'name' | 'place' | 'kind' | 'self'> {}

type Frame = CpuProfile['nodes'][number]['callFrame'];

function kindOf({ url }: Frame): CodeKind {
  if (url === '') return 'native';
  if (url.startsWith('node:')) return 'node';
  return url.includes('/node_modules/') ? 'dependency' : 'ours';
}

/** The folder that all of these files are in, with the slash at its end. */
function commonFolder(urls: readonly string[]): string {
  const [first = '', ...others] = urls;
  let folder = first.slice(0, first.lastIndexOf('/') + 1);
  for (const url of others) {
    while (!url.startsWith(folder)) folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  }
  return folder;
}

/** @param ours the folder that our own files are in */
function placeOf(frame: Frame, ours: string): string {
  if (frame.url === '') return '';
  const shorten: Readonly<Record<CodeKind, (url: string) => string>> = {
    ours: (url) => url.slice(ours.length),
    dependency: (url) => url.slice(url.lastIndexOf('/node_modules/') + '/node_modules/'.length),
    node: (url) => url,
    native: (url) => url,
  };
  // V8 counts lines from 0.
  return `${shorten[kindOf(frame)](frame.url)}:${frame.lineNumber + 1}`;
}

/** Makes the tree of a profile; children with the most samples come first. */
export function callTree({ nodes }: CpuProfile): CallTree {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = nodes.map(({ callFrame }) => callFrame).filter((frame) => kindOf(frame) === 'ours');
  const folder = commonFolder(own.map(({ url }) => url));
  let idle = 0;

  /** Adds a node and what is below it to the calls of one place. */
  function add(id: number, siblings: Call[]): void {
    const node = byId.get(id);
    if (!node) throw new Error(`The profile refers to a node ${id} that it doesn't have.`);
    const { callFrame, hitCount = 0, children = [] } = node;
    const name = callFrame.functionName || anonymous;
    if (name === '(idle)' && callFrame.url === '') {
      idle += hitCount;
      return;
    }
    const place = placeOf(callFrame, folder);
    let call = siblings.find((one) => one.name === name && one.place === place);
    if (!call) {
      call = { name, place, kind: kindOf(callFrame), self: 0, total: 0, children: [] };
      siblings.push(call);
    }
    call.self += hitCount;
    for (const child of children) add(child, call.children);
  }

  function sum(call: Call): number {
    call.total = call.self + call.children.reduce((total, child) => total + sum(child), 0);
    call.children.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
    return call.total;
  }

  const roots: Call[] = [];
  const [first] = nodes;
  if (first) add(first.id, roots);
  const [root] = roots;
  if (!root) throw new Error('The profile has no nodes.');
  sum(root);
  return { root, idle };
}

/** The functions of a tree, those that took the most themselves first. */
export function functionsBySelfTime({ root }: CallTree): FunctionTime[] {
  const times = new Map<string, { name: string; place: string; kind: CodeKind; self: number }>();
  function visit({ name, place, kind, self, children }: Call): void {
    const key = `${name} ${place}`;
    const known = times.get(key) ?? { name, place, kind, self: 0 };
    known.self += self;
    times.set(key, known);
    for (const child of children) visit(child);
  }
  visit(root);
  return [...times.values()].filter(({ self }) => self > 0).sort((a, b) => b.self - a.self);
}
