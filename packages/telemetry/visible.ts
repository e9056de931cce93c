/**
 * Characters that move a cursor, begin an escape sequence, turn the direction of writing or can't be seen:
 * control and format characters, line separators, zero-width ones.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** The same but for LF, tab and the CR of a CRLF. */
const unseenInText = new RegExp(`(?!\\r\\n|[\\n\\t])${unseen.source}`, unseen.flags);

const escaped = (character: string) =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/**
 * A text that came from outside, to be shown in a terminal: such characters become what JSON writes for them, `\u202e`
 * (one beyond U+FFFF two of these). Lines stay lines. Of JSON it makes JSON with the same data.
 */
export const visible = (text: string): string => text.replace(unseenInText, escaped);

/** The same, in one line. */
export const visibleInLine = (text: string): string => text.replace(unseen, escaped);
