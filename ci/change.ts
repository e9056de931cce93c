/** The change of a checkout, as Git knows it. */
import { spawnSync } from 'node:child_process';

/** @throws Error with what Git says */
function git(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error((error?.message ?? stderr).trim());
  return stdout;
}

const lines = (output: string) => output.split('\n').filter((line) => line !== '');

/**
 * Paths that differ between where the branch began and its last commit.
 * @throws Error with what Git says
 */
export function pathsSince(base: string): readonly string[] {
  try {
    return lines(git('diff', '--name-only', '--no-renames', `${base}...HEAD`, '--'));
  } catch (error) {
    throw new Error(`What was changed since BASE=${base} can't be said: ${(error as Error).message}`);
  }
}

export interface Change {
  /** The commit that the checkout is compared with. */
  readonly base: string;
  /** The name of that commit, or some words for it. */
  readonly since: string;
  /** Files that differ from it, committed or not, those that Git doesn't know yet among them. */
  readonly paths: readonly string[];
}

const commitOf = (name: string): string | undefined => {
  try {
    return git('rev-parse', '--verify', '--quiet', `${name}^{commit}`).trim();
  } catch {
    return undefined;
  }
};

/**
 * The change of this checkout: since the branch left main, here or at origin, whichever was later. On main itself it is what
 * isn't pushed yet, and where that is nothing, the last commit.
 */
export function changeHere(given?: string): Change {
  const head = git('rev-parse', 'HEAD').trim();
  const dirty = [
    ...lines(git('diff', '--name-only', '--no-renames', 'HEAD', '--')),
    ...lines(git('ls-files', '--others', '--exclude-standard', '--full-name', ':/')),
  ];
  const began = (given === undefined ? ['main', 'origin/main'] : [given]).flatMap((name) =>
    commitOf(name) === undefined ? [] : [{ name, commit: git('merge-base', name, 'HEAD').trim() }],
  );
  if (given !== undefined && began.length === 0) throw new Error(`There is no commit BASE=${given}.`);
  const onMain = git('rev-parse', '--abbrev-ref', 'HEAD').trim() === 'main';
  const usable = began.filter(({ name }) => given !== undefined || !(onMain && name === 'main'));
  const distance = ({ commit }: { commit: string }) => Number(git('rev-list', '--count', `${commit}..HEAD`));
  const [nearest] = usable.toSorted((a, b) => distance(a) - distance(b));
  const last = commitOf('HEAD~1');
  const chosen =
    nearest !== undefined && (nearest.commit !== head || dirty.length > 0 || given !== undefined)
      ? { base: nearest.commit, since: nearest.name }
      : dirty.length > 0 || last === undefined
        ? { base: head, since: 'the last commit' }
        : { base: last, since: 'the commit before the last' };
  return { ...chosen, paths: [...new Set([...pathsSince(chosen.base), ...dirty])].toSorted() };
}

/** The text of a file in a commit; undefined where it is not there. */
export function textIn(commit: string, path: string): string | undefined {
  try {
    return git('show', `${commit}:${path}`);
  } catch {
    return undefined;
  }
}
