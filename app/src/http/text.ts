import { z } from 'zod';

/**
 * A string that PostgreSQL can store: no NUL, no lone surrogate. The lengths count Unicode code points, as
 * PostgreSQL and JSON Schema do, where JavaScript's `length` counts UTF-16 units.
 */
export function text({ min = 0, max }: { min?: number; max: number }) {
  return z
    .string()
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      error: 'must not contain NUL or a lone surrogate',
      abort: true,
    })
    .refine((value) => value.length <= max || [...value].length <= max, {
      error: `must have ${max} characters at most`,
      abort: true,
    })
    .refine((value) => value.length >= min && [...value].length >= min, {
      error: min === 1 ? 'must not be empty' : `must have ${min} characters at least`,
    })
    .meta({ minLength: min, maxLength: max, pattern: '^[^\\u0000]*$' });
}
