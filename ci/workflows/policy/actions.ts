/** Whose code runs: pinned by commit, the same everywhere, and kept up by Dependabot. */
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { type Checkout, isRelease, stepsOf } from '../files.ts';
import type { Rule } from './rule.ts';

const ci = '.github/workflows/ci.yml';
const prepare = '.github/actions/prepare/action.yml';
const checkoutAction = 'actions/checkout@9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0 # v7.0.0';

/** The lines that use an action of others; those of this repository begin with `./`. */
function uses({ workflows }: Checkout) {
  return workflows.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const [, action, ref = '', comment = ''] =
        /^\s*(?:- )?uses: ([^\s@]+)(?:@(\S+))?(?:\s+# (.*))?$/.exec(line) ?? [];
      return action === undefined || action.startsWith('./')
        ? []
        : [{ at: `${path}:${index + 1}`, action, ref, comment }];
    }),
  );
}

/** `github/codeql-action/init` is of the repository `github/codeql-action`. */
const repositoryOf = (action: string) => action.split('/').slice(0, 2).join('/');

/** Which files of an ecosystem make a folder one of it. */
const ecosystems: Readonly<Record<string, RegExp>> = {
  npm: /^package-lock\.json$/,
  gomod: /(^|\/)go\.mod$/,
  pip: /(^|\/)requirements\.txt$/,
  terraform: /^terraform\/environments\/[^/]+\/versions\.tf$/,
  'github-actions': /^\.github\/(workflows\/[^/]+|actions\/[^/]+\/action)\.yml$/,
};

interface Update {
  readonly 'package-ecosystem': string;
  readonly directory?: string;
  readonly directories?: readonly string[];
}

/** Whether a folder, from the root with a slash, is one of Dependabot's: `*` stands for one name. */
function isWatched(folder: string, updates: readonly Update[]): boolean {
  const patterns = updates.flatMap(({ directory, directories = [] }) => [
    ...(directory ? [directory] : []),
    ...directories,
  ]);
  return patterns.some((pattern) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`).test(folder),
  );
}

/** `/` stands for the workflows as well. */
const folderOf = (ecosystem: string, path: string) =>
  ecosystem === 'github-actions' && path.startsWith('.github/workflows/')
    ? '/'
    : `/${dirname(path).replace(/^\.$/, '')}`;

export const actionRules: readonly Rule[] = [
  {
    name: 'each action of others is pinned by its commit, with the version in a comment',
    check: (checkout) =>
      uses(checkout)
        .filter(({ ref, comment }) => !/^[0-9a-f]{40}$/.test(ref) || !/^v\d+\.\d+\.\d+$/.test(comment))
        .map(
          ({ at, action, ref, comment }) => `${at}: ${action}@${ref} # ${comment} is not a commit # vX.Y.Z`,
        ),
    bad: [
      { says: 'a tag', file: ci, replace: [checkoutAction, 'actions/checkout@v7'] },
      { says: 'a commit without its version', file: ci, replace: [' # v7.0.0', ''] },
      { says: 'a version that moves', file: ci, replace: ['# v7.0.0', '# v7'] },
    ],
  },
  {
    name: 'an action has one commit and one version in all files',
    check: (checkout) => {
      const found = new Map<string, string>();
      return uses(checkout).flatMap(({ at, action, ref, comment }) => {
        const name = repositoryOf(action);
        const known = found.get(name) ?? `${ref} # ${comment}`;
        found.set(name, known);
        return known === `${ref} # ${comment}`
          ? []
          : [`${at}: ${name} is ${ref} # ${comment}, and elsewhere ${known}`];
      });
    },
    bad: [
      {
        says: 'another commit',
        file: '.github/workflows/load.yml',
        replace: ['9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0', 'de0fac2e4500dabe0009e67214ff5f5447ce83dd'],
      },
      {
        says: 'another commit of the second half of an action',
        file: ci,
        replace: ['codeql-action/analyze@99df26d4', 'codeql-action/analyze@00df26d4'],
      },
    ],
  },
  {
    // Without check-latest the runner's own Go will do, which may be older than a tool's go line.
    name: 'the Go that is set up is the newest of a line that builds each tool',
    check: (checkout) => {
      const [setUp] = checkout.workflows
        .flatMap(stepsOf)
        .filter(({ step }) => step.uses?.includes('/setup-go@'));
      const { 'go-version': version, 'check-latest': newest } = setUp?.step.with ?? {};
      const [, major, minor] = /^(\d+)\.(\d+)\.x$/.exec(String(version)) ?? [];
      if (setUp === undefined || minor === undefined || newest !== true)
        return [`${prepare}: go-version ${String(version)} is not the newest of a line`];
      return Object.entries(checkout.goOf)
        .filter(([, go]) => {
          const [, needed = '', min = ''] = /^(\d+)\.(\d+)/.exec(go) ?? [];
          return needed !== major || Number(min) > Number(minor);
        })
        .map(([of, go]) => `${prepare}: Go ${String(version)} builds nothing for Go ${go} (${of})`);
    },
    bad: [
      { says: 'the oldest of a line', file: prepare, replace: ['go-version: 1.26.x', 'go-version: 1.26.0'] },
      {
        says: 'a file that names an old one',
        file: prepare,
        replace: ['go-version: 1.26.x', 'go-version-file: go.mod'],
      },
      { says: 'an older line', file: prepare, replace: ['go-version: 1.26.x', 'go-version: 1.25.x'] },
      {
        says: 'whatever the runner has',
        file: prepare,
        replace: ['check-latest: true', 'check-latest: false'],
      },
    ],
  },
  {
    name: 'a cache is keyed by files that lock what is in it, and no release reads one',
    check: ({ workflows }) =>
      workflows.flatMap((file) => {
        const { path, text, steps, jobs } = file;
        const all = [...steps, ...Object.values(jobs).flatMap((job) => job.steps ?? [])];
        const unkeyed = all
          .filter(({ uses: action = '' }) => action.startsWith('actions/cache@'))
          .filter((step) => !/hashFiles\(/.test(String(step.with?.['key'])));
        const cached = all.filter(
          ({ uses: action, with: given }) =>
            action === './.github/actions/prepare' && given?.['cache'] !== 'false',
        );
        return [
          ...unkeyed.map(
            (step) => `${path}: the cache ${String(step.with?.['key'])} is not keyed by a hash of files`,
          ),
          ...(isRelease(file) && (cached.length > 0 || /cache-from:/.test(text))
            ? [`${path}: a release reads a cache`]
            : []),
        ];
      }),
    bad: [
      {
        says: 'a key that stays the same',
        file: prepare,
        replace: [`$\{{ hashFiles('package-lock.json') }}`, 'all'],
      },
      {
        says: 'a release that is built from what another run left',
        file: '.github/workflows/release.yml',
        replace: [`cache: 'false'`, `cache: 'true'`],
      },
    ],
  },
  {
    name: 'Dependabot looks after everything that is locked',
    check: ({ files, dependabot }) => {
      const { updates } = parse(dependabot) as { updates: readonly Update[] };
      return Object.entries(ecosystems).flatMap(([ecosystem, pattern]) => {
        const watching = updates.filter((update) => update['package-ecosystem'] === ecosystem);
        return files
          .filter((path) => pattern.test(path) && !isWatched(folderOf(ecosystem, path), watching))
          .map((path) => `.github/dependabot.yml: nothing of ${ecosystem} looks after ${path}`);
      });
    },
    bad: [
      {
        says: 'a forgotten ecosystem',
        file: '.github/dependabot.yml',
        replace: ['package-ecosystem: gomod', 'package-ecosystem: cargo'],
      },
      {
        says: 'a forgotten folder',
        file: '.github/dependabot.yml',
        replace: ['/terraform/checkov', '/terraform'],
      },
    ],
  },
];
