/** A change that makes something wrong. */
export interface Mistake {
  /** The mistake in words; completes "catches …". */
  readonly says: string;
}

/** Something that has to hold, with mistakes that its check has to find: else it might find nothing at all. */
export interface Rule<Subject, Wrong extends Mistake> {
  /** A sentence that is true. */
  readonly name: string;
  /** The sentences of what is wrong. */
  readonly check: (subject: Subject) => readonly string[];
  /** Each has to be found by `check`. */
  readonly bad: readonly [Wrong, ...Wrong[]];
}
