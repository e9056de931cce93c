/**
 * `node terraform/check.ts` holds this folder to what can be said without AWS; `node terraform/check.ts --aws` validates and
 * tests what needs its provider, with mocks of it. One line a check; exit code 1 when one fails.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { type Check, problemCheck, runChecks } from '@sightline/testkit/check.ts';
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { checkov } from './checkov/run.ts';
import { wrongDeclarations } from './declarations.ts';
import { type Folder, readFolders } from './hcl.ts';
import { written } from './reference.ts';
import { terraform, terraformCopy, terraformFolder, whyNoAwsProvider, whyNoTerraform } from './terraform.ts';
import { tflintCommand, whyNoTflint } from './tflint.ts';

const folders = readFolders(terraformFolder);
using copy = terraformCopy();

const outcome = ({ ok, said }: { ok: boolean; said: string }) => (ok ? [] : [said]);

/** Each step is taken when the one before it went well. */
function steps(folder: Folder, ...commands: readonly (readonly string[])[]): readonly string[] {
  for (const command of commands) {
    const { ok, said } = terraform(join(copy.folder, folder.path), ...command);
    if (!ok) return [`terraform ${command.join(' ')} in ${folder.path} says:\n${said}`];
  }
  return [];
}

function tflint(): readonly string[] {
  const args = ['--recursive', '--config', join(terraformFolder, '.tflint.hcl')];
  const { status, stdout, stderr } = spawnSync(tflintCommand() ?? 'tflint', args, {
    cwd: terraformFolder,
    encoding: 'utf8',
    timeout: 120_000,
  });
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

/** A skip whose reason is missing, or is no more than a word. */
function unreasonedSkips(): readonly string[] {
  return readdirSync(terraformFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tf') && !path.includes('.terraform/'))
    .flatMap((path) =>
      readFileSync(join(terraformFolder, path), 'utf8')
        .split('\n')
        .map((line, index) => ({ line, at: `${path}:${index + 1}` })),
    )
    .filter(
      ({ line }) => /(checkov|tfsec|trivy):/.test(line) && !/checkov:skip=CKV2?_AWS_\d+:.{8}/.test(line),
    )
    .map(({ at }) => `${at}: a check is skipped without a reason`);
}

const withoutAws: readonly Check<void>[] = [
  problemCheck('format', 'files are formatted', () =>
    outcome(terraform(terraformFolder, 'fmt', '-check', '-diff', '-recursive')),
  ),
  problemCheck('declarations', 'each variable and output is described and used', () =>
    wrongDeclarations(folders, written(readFileSync(join(terraformFolder, 'README.md'), 'utf8'))),
  ),
  ...folders
    .filter(({ needsProvider, hasTests }) => hasTests && !needsProvider)
    .map((folder) =>
      problemCheck('tests', `tests of ${folder.path} pass`, () =>
        steps(folder, ['init', '-backend=false'], ['validate'], ['test']),
      ),
    ),
  problemCheck('skips', 'what checkov skips has a reason', unreasonedSkips),
  problemCheck('checkov', 'checkov finds nothing', () => checkov(terraformFolder)),
  problemCheck('tflint', 'tflint finds nothing', tflint, whyNoTflint),
];

const withAws: readonly Check<void>[] = folders
  .filter(({ needsProvider }) => needsProvider)
  .map((folder) =>
    problemCheck(
      folder.hasTests ? 'tests' : 'types',
      `${folder.hasTests ? 'tests' : 'types'} of ${folder.path} pass`,
      () => steps(folder, ['init', '-backend=false'], ['validate'], ...(folder.hasTests ? [['test']] : [])),
    ),
  );

const isAws = process.argv.includes('--aws');
const missing = isAws ? whyNoAwsProvider() : whyNoTerraform();
try {
  if (missing !== undefined) throw new NotPossible(`Terraform's files are not checked: ${missing}`);
  // Progress: `make test` shows it as it comes.
  const terminal = terminalOn(process.stderr, process.env);
  const { found } = await runChecks(isAws ? withAws : withoutAws, undefined, { terminal });
  if (!found.every(({ ok }) => ok)) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof NotPossible)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
