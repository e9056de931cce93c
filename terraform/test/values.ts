/** The values in an environment's files that modules get. */
import type { Folder } from '../hcl.ts';

/** The HCL that a folder passes to an argument of the module that it calls, or to an attribute of one. */
export function passed(caller: Folder | undefined, module: string, name: string): string | undefined {
  const call = caller?.calls.find(({ source }) => source === `modules/${module}`);
  return new RegExp(`^ +${name} += (.*)$`, 'm').exec(call?.text ?? '')?.[1];
}

/** The value that module environment gets by an environment's values and defaults. */
export function settingOf(environment: Folder | undefined, name: string): string | undefined {
  const value = passed(environment, 'environment', name);
  return environment?.variables.find((variable) => `var.${variable.name}` === value)?.default ?? value;
}
