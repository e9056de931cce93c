/** The type of a check; `checks.ts` is the table of them. */
import type { Findings } from '@sightline/preview/report.ts';
import { type Check, CheckFailed } from '@sightline/testkit/check.ts';
import type { Stack } from './stack.ts';
import type { Traffic } from './traffic.ts';

/** The context that checks share: what they look at, and what earlier ones found. */
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

/** A row of the table: left out by what the stack is. */
export interface VerifyCheck extends Omit<Check<Proof>, 'skipReason'> {
  readonly group: 'stack' | 'api' | 'metrics' | 'traffic' | 'panels' | 'logs' | 'restart';
  readonly skipReason?: (stack: Stack) => string | undefined;
}

/** The traffic that the check before this one drove. */
export function trafficOf({ traffic }: Proof): Traffic {
  if (traffic === undefined)
    throw new CheckFailed(['There was no traffic to compare with: see the check before.']);
  return traffic;
}
