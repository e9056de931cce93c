/** The last word stands by itself, not in quotes, not excluded, and may be the beginning of a longer one. */
const endsInPlainWord = /(?<![^\s])[\p{L}\p{N}]{3,}$/u;

const query = "websearch_to_tsquery('simple', ?)";

/** A query that ends in a word ends in a quote as text; an empty one, or a closing bracket, is left as it is. */
const queryByPrefix = `regexp_replace(${query}::text, '''$', ''':*')::tsquery`;

/**
 * The condition that a todo holds the words of `q`, with `q` to be bound: words, "phrases", -exclusions and `or`.
 * PostgreSQL takes any text as such a query; one without words finds nothing. The last word is also found as the
 * beginning of a longer one if it has three letters: the index lists each word of all owners with that
 * beginning, too many for a shorter one.
 */
export function searchCondition(q: string): string {
  return `search @@ ${endsInPlainWord.test(q) ? queryByPrefix : query}`;
}
