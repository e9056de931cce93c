import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { pythonEnvironment } from '@sightline/tools/python-environment.ts';

/** Several times what a linter takes, in milliseconds. */
const longestMs = 120_000;

/** Runs a linter. @returns what it says when it is not content */
export function lint(command: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: checkout,
    encoding: 'utf8',
    timeout: longestMs,
  });
  if (error !== undefined) throw error;
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

/** zizmor, by its strictest persona and without asking GitHub. @throws NotPossible where it can't be installed */
export async function zizmor(path: string): Promise<readonly string[]> {
  const venv = await pythonEnvironment(join(import.meta.dirname, 'requirements.txt'));
  const args = ['--offline', '--persona=auditor', '--no-progress', '--color=never'];
  return lint(join(venv, 'bin/zizmor'), [...args, '--config', '.github/zizmor.yml', path]);
}
