import { dictionary } from '@zxcvbn-ts/language-common';
import { Problem } from '../http/problem.ts';

/** Fewest characters of a password (NIST SP 800-63B-4, section 3.1.1.2, asks for 8 beside another factor, else for 15). */
export const minCharacters = 12;

/**
 * Fewest characters that have to be left of a password without what anybody can guess: what the same section asks for
 * where a password is not the only factor.
 */
const minOfTheirOwn = 8;

/** The service's own names, which are the first guesses of whoever knows where they guess. */
const namesOfService = ['sightline', 'todos', 'todo'];

const folded = (text: string) => text.normalize('NFKC').toLowerCase();

/** 49,233 passwords of leaks, by the MIT licence (LICENSE.txt of the package), each in lower case. */
const common: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/** Whose password it is going to be. */
export interface PasswordOwner {
  /** E-mail address as its schema gives it. */
  readonly email: string;
  readonly name: string;
}

/** Characters that follow one another: in the alphabet, in numbers, on a keyboard; in either direction. */
const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
const neighbours: ReadonlySet<string> = new Set(
  rows.flatMap((row) => [...row].slice(1).flatMap((next, n) => [`${row[n]}${next}`, `${next}${row[n]}`])),
);

/** How many stretches a text has in which each character is that before it, or its neighbour. */
const stretches = (characters: readonly string[]) =>
  characters.filter((next, n) => {
    const before = characters[n - 1] ?? '';
    return before !== next && !neighbours.has(before + next);
  }).length;

/** Length of what a text repeats from its beginning to its end: its own where it repeats nothing (Knuth, Morris, Pratt). */
function period(characters: readonly string[]): number {
  const borders = [0];
  for (let n = 1; n < characters.length; n += 1) {
    let border = borders[n - 1] as number;
    while (border > 0 && characters[n] !== characters[border]) border = borders[border - 1] as number;
    borders.push(characters[n] === characters[border] ? border + 1 : 0);
  }
  return characters.length - (borders.at(-1) ?? 0);
}

/** From the first letter to the last. */
function core(text: string): string {
  const characters = [...text];
  const isLetter = (character: string) => /\p{L}/u.test(character);
  const [first, last] = [characters.findIndex(isLetter), characters.findLastIndex(isLetter)];
  return first < 0 ? text : characters.slice(first, last + 1).join('');
}

/**
 * Words about an owner that others know, the longest first. Parts of one or two characters are in any
 * password.
 */
function wordsOf({ email, name }: PasswordOwner): readonly string[] {
  const [local = '', domain = ''] = folded(email).split('@');
  const spoken = folded(name);
  const words = [
    ...[folded(email), local, ...local.split(/[._'+-]/), domain, ...domain.split('.').slice(0, -1)],
    ...[spoken, ...spoken.split(/[^\p{L}\p{N}]/u), spoken.replaceAll(/[^\p{L}\p{N}]/gu, '')],
    ...namesOfService,
  ];
  return [...new Set(words)].filter((word) => [...word].length > 2).sort((a, b) => b.length - a.length);
}

/** Ways in which a password is weak, the first one counts; there are no rules of composition (ASVS 2.1.9). */
const rules: readonly (readonly [
  broken: (password: string, owner: PasswordOwner) => boolean,
  detail: string,
])[] = [
  [(password) => password.trim() === '', 'must not be made of blanks only'],
  [
    (password) => {
      const characters = [...password];
      return period(characters) * 2 <= characters.length && period(characters) < minCharacters;
    },
    `must not repeat less than ${minCharacters} characters`,
  ],
  [
    (password) => stretches([...password]) * 3 <= [...password].length,
    'must not be made of sequences of the alphabet, numbers or a keyboard',
  ],
  [
    (password) => common.has(password) || common.has(core(password)),
    'must not be one of the most common passwords, with or without digits and signs around it',
  ],
  [
    (password, owner) => {
      const rest = wordsOf(owner).reduce((text, word) => text.split(word).join(''), password);
      return rest !== password && [...rest].length < minOfTheirOwn;
    },
    `must have ${minOfTheirOwn} characters at least beside the e-mail address, the name and the name of this service`,
  ],
];

/**
 * @param password as the schema `password` gives it
 * @returns what is wrong with it as a new password of its owner; `undefined` when nothing is
 */
export function weaknessOf(password: string, owner: PasswordOwner): string | undefined {
  const text = folded(password);
  return rules.find(([broken]) => broken(text, owner))?.[1];
}

/**
 * Refuses a weak new password. Passwords that are stored already are never asked: who has a weak one still logs in.
 * @param pointer of the password in the body
 * @throws Problem validation-failed, which says which rule was broken
 */
export function requireStrong(password: string, owner: PasswordOwner, pointer = '#/password'): void {
  const detail = weaknessOf(password, owner);
  if (detail === undefined) return;
  throw new Problem('validation-failed', `The password ${detail}.`, { errors: [{ pointer, detail }] });
}
