import type * as kit from '@sightline/testkit/rule.ts';
import { type Checkout, readWorkflow } from '../files.ts';

/** A change to a file that makes it wrong. */
export interface Mistake extends kit.Mistake {
  /** From the root of the checkout: a workflow, an action of ours, or dependabot.yml. */
  readonly file: string;
  /** A text that is there, whose first place gets the other one. */
  readonly replace: readonly [text: string, by: string];
}

/** A rule that has to hold for the workflows. */
export type Rule = kit.Rule<Checkout, Mistake>;

/** The checkout with a mistake in it. @throws Error when the text to be replaced isn't there */
export function mistaken(checkout: Checkout, { file, replace: [text, by] }: Mistake): Checkout {
  const change = (from: string) => {
    if (!from.includes(text)) throw new Error(`${file} has no ${JSON.stringify(text)} to be broken.`);
    return from.replace(text, () => by);
  };
  if (file === '.github/dependabot.yml') return { ...checkout, dependabot: change(checkout.dependabot) };
  if (!checkout.workflows.some(({ path }) => path === file)) throw new Error(`There is no ${file}.`);
  return {
    ...checkout,
    workflows: checkout.workflows.map((each) =>
      each.path === file ? readWorkflow(file, change(each.text)) : each,
    ),
  };
}
