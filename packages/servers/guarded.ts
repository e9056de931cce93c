import type { ProcessIdentity } from './process-identity.ts';

/** What the guardian ends and removes, each in this order. */
export interface Guarded {
  /** A folder that something is mounted on. Whoever still uses that goes on doing so. */
  unmount?: string;
  /** A stack's folder. */
  stack?: string;
  process?: ProcessIdentity;
  remove?: string;
}
