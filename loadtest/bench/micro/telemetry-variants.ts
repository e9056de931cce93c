/**
 * The variants that the benchmark of the signals compares: none of them, metrics and logs, and spans of 1 %
 * of the requests too.
 */
export const variants = ['off', 'on', 'traced'] as const;
export type Variant = (typeof variants)[number];

/** A question to the server: its CPU time so far, or a CPU profile from now on. */
export type Question = { readonly ask: 'cpu' } | { readonly ask: 'profile'; readonly seconds: number };

/** CPU time that the server has used so far. */
export interface Cpu {
  readonly cpuMs: number;
}
