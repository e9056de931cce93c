import type { Goal } from '@sightline/loadtest/bench/goals.ts';

/** The finding of a step: lines for people, goals, and what goes into the file. */
export interface Finding {
  readonly text: string;
  readonly goals: readonly Goal[];
  readonly data: object;
}

/** Megabytes of a million bytes. */
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
