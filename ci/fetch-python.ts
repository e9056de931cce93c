/** `node ci/fetch-python.ts` makes the Python environments that checks use, side by side, unless they are there. */
import { join } from 'node:path';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { whyNoTerraform } from '@sightline/terraform/terraform.ts';
import { moto } from '@sightline/tools/moto.ts';
import { postgresqlClient } from '@sightline/tools/postgresql-client.ts';
import { pythonEnvironment } from '@sightline/tools/python-environment.ts';

const environment = (folder: string) => pythonEnvironment(join(checkout, folder, 'requirements.txt'));

const made = await Promise.allSettled([
  ...(whyNoTerraform() === undefined ? [environment('terraform/checkov')] : []),
  ...(whyNoKubectl() === undefined ? [environment('kubernetes/schema/kubernetes-validate')] : []),
  moto(),
  postgresqlClient(),
  environment('app/test/schemathesis'),
  environment('ci/workflows/zizmor'),
  environment('packages/testkit/otlp-receiver'),
]);
for (const one of made) {
  if (one.status === 'fulfilled') continue;
  console.error(one.reason instanceof Error ? one.reason.message : one.reason);
  process.exitCode = 1;
}
