/** What a check is; `checks.ts` is the table of them. */
import type { Findings } from '@sightline/preview/report.ts';
import type { Stack } from './stack.ts';
import type { Traffic } from './traffic.ts';

/** What checks share: what they look at, and what earlier ones found. */
export interface Proof {
  readonly stack: Stack;
  /** Half the traffic, for whoever waits. */
  readonly quick: boolean;
  readonly findings: Findings;
  /** The known traffic, once k6 has driven it. */
  traffic?: Traffic;
  readonly signal: AbortSignal;
  /** Shows how far a check is. */
  readonly say: (progress: string) => void;
}

export interface Check {
  readonly id: string;
  readonly group: 'stack' | 'api' | 'metrics' | 'traffic' | 'panels' | 'logs' | 'restart';
  /** What it proves. */
  readonly proves: string;
  /** Why this stack can't be checked so; it is then left out by name. */
  readonly leftOut?: (stack: Stack) => string | undefined;
  /**
   * Returns what it found, in some words.
   * @throws Unproven when something isn't as it should be
   */
  readonly run: (proof: Proof) => Promise<string>;
}

/** Something is not as it should be. The sentences say what, where, and what was expected. */
export class Unproven extends Error {
  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'));
  }
}

/** Throws when there are sentences. */
export function expectNone(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new Unproven(sentences);
}

/** The traffic that the check before this one drove. */
export function trafficOf({ traffic }: Proof): Traffic {
  if (traffic === undefined)
    throw new Unproven(['There was no traffic to compare with: see the check before.']);
  return traffic;
}
