/**
 * The areas of the checkout that jobs of ci.yml look at, so that a change of a runbook doesn't bring up a
 * cluster.
 */

/** Paths from the root: what they begin with. */
export const areas = {
  /** Everything but prose: what `make test` proves. */
  code: [
    'alerts/',
    'app/',
    'backup/',
    'ci/',
    'dashboards/',
    'docs/',
    'e2e/',
    'kubernetes/',
    'loadtest/',
    'logging/',
    'monitoring/',
    'packages/',
    'preview/',
    'stack/',
    'terraform/',
    'tools/',
  ],
  image: [
    'Dockerfile',
    '.dockerignore',
    'app/src/',
    'app/package.json',
    'backup/',
    'monitoring/webhook/',
    'packages/',
    'stack/images/',
  ],
  kubernetes: [
    ...[
      'Dockerfile',
      'alerts/',
      'app/src/',
      'dashboards/generated/',
      'kubernetes/',
      'logging/',
      'monitoring/',
      'packages/',
    ],
    ...['e2e/cluster/', 'stack/images/', 'stack/kubernetes/', 'e2e/verify/'],
  ],
  stack: [
    ...['Dockerfile', 'alerts/', 'app/src/', 'dashboards/', 'loadtest/', 'logging/', 'monitoring/'],
    ...['e2e/', 'packages/', 'preview/', 'stack/', 'tools/'],
  ],
  terraform: ['terraform/'],
  dashboards: ['dashboards/', 'alerts/lib/', 'alerts/config.libsonnet', 'alerts/generated/signals.libsonnet'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Area = keyof typeof areas;

/**
 * Paths whose change leaves nothing as it was. So does a change that no area knows: settings at the root,
 * locks.
 */
const everywhere = ['ci/workflows/', 'stack/install.sh'];

const isPage = (path: string) => path.endsWith('.md');

/**
 * The areas that a change touches.
 * @param paths changed files, from the root; undefined when it isn't known: all areas then
 */
export function changedAreas(paths: readonly string[] | undefined): ReadonlySet<Area> {
  const names = Object.keys(areas) as Area[];
  const touches = (prefixes: readonly string[], path: string) =>
    prefixes.some((prefix) => (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix));
  const isOfAll = (path: string) =>
    touches(everywhere, path) || !(isPage(path) || names.some((name) => touches(areas[name], path)));
  if (paths === undefined || paths.some(isOfAll)) return new Set(names);
  // README.md and docs are tested too: commands of the one are run, others are generated.
  const tested = (path: string) =>
    path === 'README.md' || path.startsWith('docs/') || path.startsWith('alerts/runbooks/');
  return new Set(
    names.filter((name) =>
      paths.some((path) => (isPage(path) ? name === 'code' && tested(path) : touches(areas[name], path))),
    ),
  );
}
