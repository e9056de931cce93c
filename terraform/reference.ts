/** The inputs and outputs of each folder, as the README has them. */
import type { Folder } from './hcl.ts';

const begin = '<!-- make generate: from here -->\n';
const end = '<!-- make generate: to here -->\n';

const cell = (text: string) => text.replaceAll('|', '\\|');

function inputs({ variables }: Folder): string {
  const rows = variables.map(
    ({ name, type = '', default: value, description = '' }) =>
      `| \`${name}\` | \`${cell(type)}\` | ${value === undefined ? 'must be given' : `\`${cell(value)}\``} | ${cell(description)} |`,
  );
  return ['| Input | Type | Default | |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function outputs(folder: Folder): string {
  const rows = folder.outputs.map(({ name, description = '' }) => `| \`${name}\` | ${cell(description)} |`);
  return ['| Output | |', '|---|---|', ...rows, ''].join('\n');
}

/** The README with the tables of what the folders take and give. @throws Error when it has no place for them */
export function withReference(readme: string, folders: readonly Folder[]): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`terraform/README.md has lost the lines "${begin.trim()}" and "${end.trim()}".`);
  const tables = folders.map((folder) => `### ${folder.path}\n\n${inputs(folder)}\n${outputs(folder)}`);
  return `${readme.slice(0, from + begin.length)}\n${tables.join('\n')}\n${readme.slice(to)}`;
}

/** The README without those tables: what somebody wrote. */
export function written(readme: string): string {
  return readme.slice(0, readme.indexOf(begin)) + readme.slice(readme.indexOf(end));
}
