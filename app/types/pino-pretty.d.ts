/** The part of the package that is used here; its own types need another package's, which has none. */
import type { Writable } from 'node:stream';

interface PrettyOptions {
  readonly sync?: boolean;
  readonly messageKey?: string;
  readonly levelKey?: string;
  readonly timestampKey?: string;
  readonly translateTime?: string;
  readonly ignore?: string;
  readonly errorLikeObjectKeys?: readonly string[];
}

export default function pretty(options: PrettyOptions): Writable;
