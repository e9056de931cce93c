/**
 * `node kubernetes/check.ts` renders every overlay and holds it to the schemas of Kubernetes and to the rules of policy/.
 * One line a check; exit code 1 when one fails.
 */
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { whyNoKubectl } from './kubectl.ts';
import type { KubernetesObject } from './objects.ts';
import { rules } from './policy/rules.ts';
import { type Rendering, render, renderings } from './render.ts';
import { kubernetesVersion, validate } from './schema/validate.ts';

type Check = (objects: readonly KubernetesObject[]) => Promise<readonly string[]>;

const checks: Readonly<Record<string, Check>> = {
  [`the schemas of Kubernetes ${kubernetesVersion}`]: validate,
  [`${rules.length} rules of policy/`]: (objects) =>
    Promise.resolve(rules.flatMap(({ name, check }) => check(objects).map((wrong) => `${wrong} (${name})`))),
};

function report(rendering: Rendering, what: string, problems: readonly string[]): void {
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${rendering.padEnd(18)}  ${what}`);
  for (const problem of problems) console.log(`        ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

try {
  const missing = whyNoKubectl();
  if (missing !== undefined) throw new NotPossible(`The manifests are not checked: ${missing}`);
  for (const rendering of renderings) {
    const objects = await render(rendering);
    report(rendering, `renders: ${objects.length} objects`, []);
    for (const [what, check] of Object.entries(checks)) report(rendering, what, await check(objects));
  }
} catch (error) {
  if (error instanceof NotPossible) console.error(error.message);
  else
    console.error(
      `The manifests can't be rendered: ${(error as Error & { stderr?: string }).stderr || error}`,
    );
  process.exitCode = 1;
}
