import type { Mutation } from './mutations.ts';

/** A mutation that no unit test can notice, and why that is no hole in the tests. */
export interface Survivor {
  /** Beginning of the name of the alert or recording rule. */
  readonly rule: string;
  readonly kind: Mutation['kind'];
  /** Part of what was changed. */
  readonly what: string;
  readonly because: string;
}

export const survivors: readonly Survivor[] = [];
