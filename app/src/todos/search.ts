/** A word or a `"phrase"` (the quote at its end may be missing), `-` before what is excluded. */
const term = /(?<excluded>-?)(?:"(?<phrase>[^"]*)(?:"|$)|(?<word>[^\s"]+))/gu;

/** The last word may be the beginning of a longer one, from three letters on. */
const endsInPlainWord = /[\p{L}\p{N}\p{M}]{3}$/u;

interface Condition {
  /** With `?` for each of the texts. */
  readonly sql: string;
  readonly texts: readonly string[];
}

/**
 * The condition that a todo holds what `q` asks for: words, "phrases", -exclusions and alternatives parted by `or`. Any
 * text is such a query. Only its outline is read here; into words each part is taken by the functions of
 * migration 006, as titles and descriptions are, so that the two can't disagree.
 *
 * The last word is also found as the beginning of a longer one if it has three letters: the index lists each word of
 * all owners with that beginning, too many for a shorter one.
 */
export function searchCondition(q: string): Condition {
  const alternatives: string[][] = [[]];
  const texts: string[] = [];
  for (const { index, 0: whole, groups = {} } of q.matchAll(term)) {
    const { excluded, phrase, word = '' } = groups;
    if (!excluded && word.toLowerCase() === 'or') alternatives.push([]);
    else {
      const isLast = index + whole.length === q.length && !excluded && phrase === undefined;
      const isBeginning = isLast && endsInPlainWord.test(word);
      texts.push(phrase ?? word);
      alternatives.at(-1)?.push(`${excluded && '!!'}todo_search_query(?, ${isBeginning})`);
    }
  }
  const sql = alternatives.filter((terms) => terms.length > 0).map((terms) => `(${terms.join(' && ')})`);
  return { sql: `search_words @@ (${sql.join(' || ') || "''::tsquery"})`, texts };
}
