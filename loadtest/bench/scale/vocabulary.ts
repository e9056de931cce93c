import { randomOf } from '@sightline/testkit/fast-random.ts';

/** The words that people write most in their todos; the rest of the language is made up. */
const frequent = `
  call check send review fix update write plan order book clean buy pay renew prepare test read move finish ask
  report meeting invoice contract ticket server backup release budget customer project team draft notes
  kitchen garden doctor school train flight hotel rent tax insurance bank birthday dinner shopping laundry car
  bicycle window printer password account mail phone slides photo video music course exam library paper letter form
  passport visa permit quarterly weekly monthly urgent old new next last first second whole with about before after
  until because and for the from into without again today tomorrow monday friday summer winter north south`
  .trim()
  .split(/\s+/);

const wordCount = 20_000;
const consonants = [...'bdfgklmnprstvwz'];
const vowels = [...'aeiou'];

function makeVocabulary(): readonly string[] {
  // Not of the seed of a filling: a search for the same word means the same in each.
  const random = randomOf(1);
  const syllable = () =>
    `${consonants[random.below(consonants.length)]}${vowels[random.below(vowels.length)]}`;
  const words = new Set(frequent);
  while (words.size < wordCount)
    words.add(
      Array.from({ length: 2 + random.below(3) }, syllable).join('') + (random.chance(0.4) ? 'n' : ''),
    );
  return [...words];
}

/** The words that todos are written in, the most frequent first. */
export const vocabulary = makeVocabulary();

/** How much rarer the hundredth word is than the first: the lower, the more. */
export const wordHead = 10;

/** The words that `labels` are made of, the most frequent first. */
export const labels = vocabulary.slice(20, 220);

const word = (rank: number) => vocabulary[rank] ?? '';

/** Words to search for. With about 14 of them in a todo, the rarest is in one of 2,500 todos, the commonest in each sixth. */
export const searched = {
  rare: word(5000),
  common: word(0),
  /** Three letters, the shortest that are searched for as a beginning. */
  beginning: word(5000).slice(0, 3),
} as const;
