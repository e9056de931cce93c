/** The part of pg that `database/pipeline.ts` uses and pg's types leave out. */
declare module 'pg/lib/utils.js' {
  /** A value as PostgreSQL takes it: text, bytes or null. */
  export function prepareValue(value: unknown): string | Buffer | null;
}
