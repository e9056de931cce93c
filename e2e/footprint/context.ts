import type { Guardian } from '@sightline/servers/guardian.ts';

/** The context that the steps share. */
export interface FootprintContext {
  readonly guardian: Guardian;
  /** For logs; it is removed at the end. */
  readonly folder: string;
  /** Aborts on Ctrl-C and the like. */
  readonly interrupted: AbortSignal;
  /** Shows how far a step is. */
  live(text: string): void;
}
