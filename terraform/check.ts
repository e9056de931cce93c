/**
 * `node terraform/check.ts` holds this folder to what can be said without AWS; `node terraform/check.ts --aws` validates and
 * tests what needs its provider, with mocks of it. One line a check; exit code 1 when one fails.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { checkov } from './checkov/run.ts';
import { wrongDeclarations } from './declarations.ts';
import { type Folder, readFolders } from './hcl.ts';
import { written } from './reference.ts';
import { terraform, terraformCopy, terraformFolder, whyNoAwsProvider, whyNoTerraform } from './terraform.ts';
import { tflintCommand, whyNoTflint } from './tflint.ts';

interface Check {
  readonly name: string;
  /** The sentences of what is wrong. */
  readonly run: () => readonly string[] | Promise<readonly string[]>;
  /** Why it can't run here; it is then named, and left out. */
  readonly skippedBecause?: string | undefined;
}

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

const withoutAws: readonly Check[] = [
  {
    name: 'files are formatted',
    run: () => outcome(terraform(terraformFolder, 'fmt', '-check', '-diff', '-recursive')),
  },
  {
    name: 'each variable and output is described and used',
    run: () => wrongDeclarations(folders, written(readFileSync(join(terraformFolder, 'README.md'), 'utf8'))),
  },
  ...folders
    .filter(({ needsProvider, hasTests }) => hasTests && !needsProvider)
    .map((folder) => ({
      name: `tests of ${folder.path}`,
      run: () => steps(folder, ['init', '-backend=false'], ['validate'], ['test']),
    })),
  { name: 'what checkov skips has a reason', run: unreasonedSkips },
  { name: 'checkov', run: () => checkov(terraformFolder) },
  { name: 'tflint', run: tflint, skippedBecause: whyNoTflint() },
];

const withAws: readonly Check[] = folders
  .filter(({ needsProvider }) => needsProvider)
  .map((folder) => ({
    name: `${folder.hasTests ? 'tests' : 'types'} of ${folder.path}`,
    run: () =>
      steps(folder, ['init', '-backend=false'], ['validate'], ...(folder.hasTests ? [['test']] : [])),
  }));

const isAws = process.argv.includes('--aws');
const missing = isAws ? whyNoAwsProvider() : whyNoTerraform();
try {
  if (missing !== undefined) throw new NotPossible(`Terraform's files are not checked: ${missing}`);
  for (const { name, run, skippedBecause } of isAws ? withAws : withoutAws) {
    if (skippedBecause !== undefined) {
      // Shown by `make test` also when all went well.
      console.error(`skipped ${name}: ${skippedBecause}`);
      continue;
    }
    const problems = await run();
    console.log(`${problems.length === 0 ? 'ok     ' : 'FAILED '} ${name}`);
    for (const problem of problems) console.log(problem.replace(/^/gm, '        '));
    if (problems.length > 0) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof NotPossible)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
