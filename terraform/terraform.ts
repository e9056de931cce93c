/** Terraform, run on a copy of this folder: nothing that it makes gets into the checkout. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { takeLock } from '@sightline/servers/lock.ts';
import { cacheFolder } from '@sightline/settings/cache.ts';

/** Milliseconds for the download of a provider. The AWS provider has some 150 MB. */
const initMs = 300_000;
/** Several times what the longest test takes. */
const runMs = 300_000;

export const terraformFolder = import.meta.dirname;

export interface Run {
  readonly ok: boolean;
  /** Its output, stdout and stderr. */
  readonly said: string;
}

/** Runs Terraform in a folder. `args` begin with the command. */
export function terraform(folder: string, ...args: string[]): Run {
  const providers = cacheFolder('terraform-providers');
  mkdirSync(providers, { recursive: true });
  const unlock = args[0] === 'init' ? lock(`${providers}.lock`) : undefined;
  const run = spawnSync('terraform', args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: args[0] === 'init' ? initMs : runMs,
    env: {
      ...process.env,
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      TF_CLI_ARGS: '-no-color',
      CHECKPOINT_DISABLE: '1',
      TF_PLUGIN_CACHE_DIR: providers,
      TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1',
    },
  });
  unlock?.();
  const said = `${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}`.trim();
  return { ok: run.status === 0, said };
}

/** Terraform does not share the folder of its providers with another one that fetches. */
function lock(path: string): () => void {
  for (;;) {
    const unlock = takeLock(path);
    if (unlock !== undefined) return unlock;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

/** Why Terraform can't be run here; undefined when it can. */
export function whyNoTerraform(): string | undefined {
  const needed = 'it needs Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install';
  const run = spawnSync('terraform', ['version', '-json'], { encoding: 'utf8', timeout: 30_000 });
  if (run.status !== 0) return needed;
  const { terraform_version: version } = JSON.parse(run.stdout) as { terraform_version: string };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 1 && minor >= 11 ? undefined : `${needed}; here is ${version}`;
}

/** Why the tests that plan resources of AWS can't be run here; undefined when they can. Downloads the provider then. */
export function whyNoAwsProvider(): string | undefined {
  const missing = whyNoTerraform();
  if (missing !== undefined) return missing;
  const folder = mkdtempSync(join(tmpdir(), 'sightline-terraform-'));
  try {
    const versions = join(terraformFolder, 'modules/database/versions.tf');
    writeFileSync(join(folder, 'versions.tf'), readFileSync(versions));
    const { ok, said } = terraform(folder, 'init');
    if (ok) return undefined;
    const why = said.replace(/\s+/g, ' ').replace(/^.*?Error: /, '');
    return `it needs the provider hashicorp/aws, which can't be downloaded here. Terraform says: ${why.slice(0, 160)} …`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A copy of this folder without what Terraform made in it. It is removed at the end of the block. */
export function terraformCopy(): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-terraform-'));
  const left = new Set(['.terraform', 'terraform.tfvars', 'terraform.tfstate', 'backend.hcl']);
  cpSync(terraformFolder, folder, { recursive: true, filter: (path) => !left.has(basename(path)) });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
