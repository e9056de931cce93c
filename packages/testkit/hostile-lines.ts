/** Texts that take a reader of lines by surprise. */

/** Characters that somebody or other takes for the end of a line, LF aside. */
export const separators = [
  '\u000b',
  '\u000c',
  '\r',
  '\u001c',
  '\u001d',
  '\u001e',
  '\u0085',
  '\u2028',
  '\u2029',
  '\0',
];

/** Every character that a terminal must not be given as it is, and some that it may. */
export const unseen = [
  ...Array.from({ length: 0x20 }, (_, code) => String.fromCodePoint(code)),
  ...Array.from({ length: 0x21 }, (_, code) => String.fromCodePoint(0x7f + code)),
  ...[
    '\u00ad',
    '\u034f',
    '\u061c',
    '\u115f',
    '\u3164',
    '\ufeff',
    '\ufff9',
    '\u{e0001}',
    '\u{e0041}',
    '\u{1d173}',
  ],
  ...Array.from({ length: 5 }, (_, code) => String.fromCodePoint(0x200b + code)),
  ...Array.from({ length: 7 }, (_, code) => String.fromCodePoint(0x2028 + code)),
  ...Array.from({ length: 16 }, (_, code) => String.fromCodePoint(0x2060 + code)),
  ...['\ud800', '\udfff'],
];
export const seen = ['a', 'ß', '漢', 'ع', 'א', '🙂', 'e\u0301', '\\', '"', ' ', '\u00a0'];
