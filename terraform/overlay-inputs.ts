/**
 * `node terraform/overlay-inputs.ts ENVIRONMENT [OUTPUTS]` writes what Terraform made into the overlay of Kubernetes of that
 * name: OUTPUTS is a file with what `terraform output -json` said; without it, Terraform is asked.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readOutputs } from './overlay/outputs.ts';
import { writeOverlay } from './overlay/write.ts';

const environments = ['staging', 'production'];

function askTerraform(environment: string): string {
  const folder = join(import.meta.dirname, 'environments', environment);
  try {
    return execFileSync('terraform', [`-chdir=${folder}`, 'output', '-json'], {
      encoding: 'utf8',
      timeout: 120_000,
    });
  } catch (error) {
    throw new Error(
      `terraform output in terraform/environments/${environment} did not work (${(error as Error).message.split('\n')[0]}). It needs the state: terraform init, as terraform/README.md says.`,
    );
  }
}

const [environment = '', file] = process.argv.slice(2);
try {
  if (!environments.includes(environment))
    throw new Error(
      `"${environment}" is no environment. Say make overlay-inputs ENVIRONMENT=${environments.join(' or ')}.`,
    );
  const outputs = readOutputs(file === undefined ? askTerraform(environment) : readFileSync(file, 'utf8'));
  const kubernetes = resolve(process.env['KUBERNETES_FOLDER'] || join(import.meta.dirname, '../kubernetes'));
  const changed = writeOverlay(join(kubernetes, 'overlays', environment), outputs);
  console.log(
    changed.length === 0
      ? `The overlay ${environment} has these addresses already.`
      : `Written: ${changed.join(', ')}. Look at it by git diff, then make test-kubernetes.`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
