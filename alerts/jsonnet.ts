import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { tool } from '@sightline/tools/tools.ts';

const run = promisify(execFile);

/** Rules or a configuration that can't be made. The message is jsonnet's sentence, without its stack. */
export class JsonnetError extends Error {
  override readonly name = 'JsonnetError';
}

const root = resolve(import.meta.dirname, '..');

/**
 * The value of a snippet of jsonnet that imports from this folder, or by paths from the root of the checkout.
 * @param libraries folders, from the root, in which imports are looked for as well
 * @throws JsonnetError with the sentence that `error` or an assertion of it says
 */
export async function evaluate(snippet: string, libraries: readonly string[] = []): Promise<unknown> {
  const jsonnet = await tool('jsonnet');
  const paths = [root, ...libraries.map((library) => resolve(root, library))];
  try {
    const { stdout } = await run(
      jsonnet,
      [...paths.flatMap((path) => ['--jpath', path]), '--exec', snippet],
      {
        cwd: import.meta.dirname,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    return JSON.parse(stdout);
  } catch (error) {
    const [sentence = String(error)] = String((error as { stderr?: string }).stderr ?? error).split('\n');
    throw new JsonnetError(sentence.replace(/^RUNTIME ERROR: /, ''), { cause: error });
  }
}
