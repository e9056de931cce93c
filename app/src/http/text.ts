import { z } from 'zod';

/** `title` as one line, `description` as paragraphs: what each refuses, as members of a character class. */
const refused = {
  /** C0 and C1 controls but tab and the ends of lines. */
  paragraphs: '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f',
  /** All controls, U+2028 and U+2029, and what overrides or isolates the direction of writing. */
  line: '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069',
} as const;

/**
 * Characters that show nothing by themselves: blanks, joiners, variation selectors, fillers, marks of
 * direction. For a pattern, without those beyond U+FFFF.
 */
const invisible =
  '\\u0020\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u202f\\u205f-\\u2065\\u206a-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8';
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]/u;

/** Blanks at either end, and the zero-width ones, which nobody sees there. */
const ends =
  /^[\p{White_Space}\u200b\u2060\ufeff]+|(?<![\p{White_Space}\u200b\u2060\ufeff])[\p{White_Space}\u200b\u2060\ufeff]+$/gu;

const ofCharacters = (max: number) => `must have ${max} characters at most`;
const atMost = (max: number) => (value: string) => value.length <= max || [...value].length <= max;

const wellFormed = () =>
  z.string().refine((value) => value.isWellFormed() && !value.includes('\0'), {
    error: 'must not contain NUL or a lone surrogate',
    abort: true,
  });

/**
 * A string that PostgreSQL can store: no NUL, no lone surrogate. The lengths count Unicode code points, as
 * PostgreSQL and JSON Schema do, where JavaScript's `length` counts UTF-16 units.
 */
export function text({ min = 0, max }: { min?: number; max: number }) {
  return wellFormed()
    .refine(atMost(max), { error: ofCharacters(max), abort: true })
    .refine((value) => value.length >= min && [...value].length >= min, {
      error: min === 1 ? 'must not be empty' : `must have ${min} characters at least`,
    })
    .meta({ minLength: min, maxLength: max, pattern: '^[^\\u0000]*$' });
}

/** Says of the first character that is refused which it is and where, counted from 1. */
function refuse(characters: string) {
  const pattern = new RegExp(`[${characters}]`);
  return z.superRefine((value: string, context) => {
    const index = value.search(pattern);
    if (index < 0) return;
    const name = `U+${value.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0')}`;
    const position = [...value.slice(0, index)].length + 1;
    context.addIssue({ code: 'custom', message: `must not contain ${name} (character ${position})` });
  });
}

const normalised = (value: string) => value.normalize('NFC');
/** One line as it is kept: composed (NFC), without blanks at its ends. */
export const canonicalLine = (value: string) => normalised(value).replace(ends, '');

/**
 * One line that people read: composed (NFC), trimmed, of at least one character that shows. Joiners, variation
 * selectors and marks of direction are kept inside, since emoji, Persian or Hebrew need them.
 * @param max code points, of the line as it is kept
 */
export function line({ max }: { max: number }) {
  return wellFormed()
    .overwrite(canonicalLine)
    .refine((value) => value !== '', { error: 'must not be empty', abort: true })
    .refine(atMost(max), { error: ofCharacters(max), abort: true })
    .check(refuse(refused.line))
    .refine((value) => visible.test(value), { error: 'must have a character that shows' })
    .meta({
      minLength: 1,
      maxLength: max,
      pattern: `^[^${refused.line}]*[^${refused.line}${invisible}][^${refused.line}]*$`,
    });
}

/**
 * Text of several lines: composed (NFC), else as it was written; without control characters but tabs and ends of lines.
 * @param max code points, of the text as it is kept
 */
export function paragraphs({ max }: { max: number }) {
  return wellFormed()
    .overwrite(normalised)
    .refine(atMost(max), { error: ofCharacters(max), abort: true })
    .check(refuse(refused.paragraphs))
    .meta({ maxLength: max, pattern: `^[^${refused.paragraphs}]*$` });
}
