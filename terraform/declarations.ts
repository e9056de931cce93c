/** Every variable and output says what it is, and somebody uses it. */
import type { Folder } from './hcl.ts';

/** Whether text has an expression, and not as the beginning of a longer name. */
const mentions = (text: string, expression: string) => new RegExp(`\\b${expression}(?![\\w-])`).test(text);

function undocumented({ path, variables, outputs }: Folder): readonly string[] {
  return [
    ...variables
      .filter(({ type }) => type === undefined)
      .map(({ name }) => `${path}: variable ${name} has no type`),
    ...variables
      .filter(({ description }) => !description)
      .map(({ name }) => `${path}: variable ${name} has no description`),
    ...outputs
      .filter(({ description }) => !description)
      .map(({ name }) => `${path}: output ${name} has no description`),
  ];
}

/** A variable that is only looked at by its own validation is for nothing. */
function unusedVariables({ path, text, variables }: Folder): readonly string[] {
  return variables
    .filter(({ name, text: own }) => !mentions(text.replace(own, ''), `var\\.${name}`))
    .map(({ name }) => `${path}: nothing uses variable ${name}`);
}

/** Outputs are read by who calls the module, and those of what is applied by hand by who reads the README. */
function unusedOutputs(
  { path, outputs }: Folder,
  folders: readonly Folder[],
  readme: string,
): readonly string[] {
  const readers = folders.flatMap(({ text, calls }) =>
    calls.filter(({ source }) => source === path).map(({ name }) => ({ text, call: name })),
  );
  const isRead = (output: string) =>
    readers.length === 0
      ? mentions(readme, output)
      : readers.some(({ text, call }) => mentions(text, `module\\.${call}(\\[[^\\]]*\\])?\\.${output}`));
  return outputs
    .filter(({ name }) => !isRead(name))
    .map(
      ({ name }) =>
        `${path}: ${readers.length === 0 ? 'README.md does not say what' : 'no caller uses'} output ${name}${readers.length === 0 ? ' is for' : ''}`,
    );
}

/**
 * Sentences for each declaration that is not described or not used.
 * @param readme what people read who apply a folder by hand
 */
export function wrongDeclarations(folders: readonly Folder[], readme: string): readonly string[] {
  return folders.flatMap((folder) => [
    ...undocumented(folder),
    ...unusedVariables(folder),
    ...unusedOutputs(folder, folders, readme),
  ]);
}
