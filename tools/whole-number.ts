/**
 * The whole number that a variable holds, in decimal digits and nothing else, or what it is when it is unset or empty.
 * Throws a sentence that names the variable, what it got and what it takes.
 */
export function wholeNumber(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  unset: number,
  { least = 1, most }: { least?: number; most: number },
): number {
  const text = environment[name] || String(unset);
  // Number() also reads 1e3, 0x10, Infinity, and blanks around it.
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} is "${text}"; it takes a whole number from ${least} to ${most}.`);
}
