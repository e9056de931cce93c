/** Every rule that the workflows are held to, beside those of actionlint and zizmor. */
import { actionRules } from './actions.ts';
import { commandRules } from './commands.ts';
import { imageRules } from './images.ts';
import { jobRules } from './jobs.ts';
import type { Rule } from './rule.ts';

export const rules: readonly Rule[] = [...commandRules, ...actionRules, ...jobRules, ...imageRules];
