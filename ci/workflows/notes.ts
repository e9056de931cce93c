/** The changes that a release brings, for people who run it. */

export interface Commit {
  readonly id: string;
  readonly subject: string;
  /** From the root of the checkout. */
  readonly files: readonly string[];
}

/** In this order; a commit belongs to the first that most of its files are of, and to the last when to none. */
const areas: readonly (readonly [heading: string, files: RegExp])[] = [
  ['Service', /^app\//],
  ['Alerts and dashboards', /^(alerts|dashboards|monitoring)\//],
  ['Logs', /^logging\//],
  ['Kubernetes and Terraform', /^(kubernetes|terraform|backup)\/|^Dockerfile$/],
  ['Everything else', /^/],
];

const lastArea = areas.length - 1;

/** Tests and pages go along with what they are about. */
const isAbout = (file: string) => !/\.md$|(^|\/)test\//.test(file);

function areaOf({ files }: Commit): number {
  const counted = files.some(isAbout) ? files.filter(isAbout) : files;
  const counts = areas.map(() => 0);
  for (const file of counted) {
    const area = areas.findIndex(([, pattern]) => pattern.test(file));
    counts[area] = (counts[area] ?? 0) + 1;
  }
  const max = Math.max(...counts);
  return max === 0 ? lastArea : counts.indexOf(max);
}

/** Escapes Markdown's own characters, and `@name`, which would tell somebody of it. */
const plain = (text: string) => text.replace(/[\\`*_<>[\]|#]/g, '\\$&').replaceAll('@', '@\u200b');

export interface Release {
  readonly commits: readonly Commit[];
  /** The tag before; undefined for the first. */
  readonly from: string | undefined;
  /** Its images, each by its digest. */
  readonly images: readonly string[];
}

/** The notes of a release, as Markdown. */
export function notesOf({ commits, from, images }: Release): string {
  const sections = areas.flatMap(([heading], index) => {
    const own = commits.filter((commit) => areaOf(commit) === index);
    if (own.length === 0) return [];
    return [`## ${heading}\n\n${own.map(({ id, subject }) => `- ${plain(subject)} (${id})`).join('\n')}`];
  });
  const since = from === undefined ? 'The first release.' : `${commits.length} commits since ${from}.`;
  const where = images.length === 0 ? [] : [images.map((image) => `- \`${image}\``).join('\n')];
  return `${[since, ...where, ...sections].join('\n\n')}\n`;
}
