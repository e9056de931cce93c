/** A ledger of writes, line by line. Knows nothing of k6's modules, so that `e2e/chaos` reads what k6 writes. */

/** The writes of a todo, in this order. */
export type Write = 'create' | 'finish' | 'delete';

/** A todo as an answer showed it. */
export interface ShownTodo {
  readonly id: string;
  readonly version: number;
  readonly status: string;
  /** SHA-256 of its title, in hexadecimal. */
  readonly titleHash: string;
}

/** `key` names a todo through its life: it is the idempotency key of its creation, and the end of its title. */
interface Line {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Written before a request is sent. */
export interface SentLine extends Line {
  readonly is: 'sent';
  readonly write: Write;
}

export interface AnsweredLine extends Line {
  readonly is: 'answered';
  readonly write: Write;
  /** 0 when no answer came. */
  readonly status: number;
  readonly seconds: number;
  /** Where the answer has one. */
  readonly todo?: ShownTodo;
}

/** Nothing more is sent about this todo. */
export interface ClosedLine extends Line {
  readonly is: 'closed';
}

export type LedgerLine = SentLine | AnsweredLine | ClosedLine;

/** Begins the title of each todo of the ledger. */
export const titlePrefix = 'Ledger ';
