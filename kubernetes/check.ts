/**
 * `node kubernetes/check.ts` renders every overlay and holds it to the schemas of Kubernetes and to the rules of policy/.
 * One line a check; exit code 1 when one fails.
 */
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { type Check, CheckFailed, expectNone, runChecks } from '@sightline/testkit/check.ts';
import { whyNoKubectl } from './kubectl.ts';
import type { KubernetesObject } from './objects.ts';
import { rules } from './policy/rules.ts';
import { render, renderings } from './render.ts';
import { kubernetesVersion, validate } from './schema/validate.ts';

/**
 * Judges the objects of a rendering.
 * @returns a sentence for each fault
 */
type Judgement = (objects: readonly KubernetesObject[]) => Promise<readonly string[]>;

const judgements: Readonly<Record<string, Judgement>> = {
  [`the schemas of Kubernetes ${kubernetesVersion}`]: validate,
  [`${rules.length} rules of policy/`]: (objects) =>
    Promise.resolve(rules.flatMap(({ name, check }) => check(objects).map((wrong) => `${wrong} (${name})`))),
};

const checks = renderings.map(
  (rendering): Check<void> => ({
    id: rendering,
    proves: `it renders, to what ${Object.keys(judgements).join(' and ')} allow`,
    run: async () => {
      const objects = await render(rendering).catch((error: Error & { stderr?: string }) => {
        throw new CheckFailed([`It can't be rendered: ${error.stderr || error.message}`]);
      });
      const problems = await Promise.all(Object.values(judgements).map((judge) => judge(objects)));
      expectNone(problems.flat());
      return `${objects.length} objects, as ${Object.keys(judgements).join(' and ')} have them`;
    },
  }),
);

const missing = whyNoKubectl();
if (missing === undefined) {
  const { found } = await runChecks(checks, undefined, { terminal: terminalOn(process.stdout, process.env) });
  if (!found.every(({ ok }) => ok)) process.exitCode = 1;
} else {
  console.error(`The manifests are not checked: ${missing}`);
  process.exitCode = 1;
}
