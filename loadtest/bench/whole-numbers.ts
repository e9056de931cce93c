/** Reads settings that are whole numbers. */
export interface WholeNumbers {
  /** The number that a variable has, or what it has unset; a wrong one is noted as a problem. */
  read(name: string, unset: number, least: number, most: number): number;
  /** A sentence for each wrong one: what it got, and what it takes. */
  readonly problems: string[];
}

export function wholeNumbersIn(environment: NodeJS.ProcessEnv): WholeNumbers {
  const problems: string[] = [];
  return {
    problems,
    read(name, unset, least, most) {
      const text = environment[name] || String(unset);
      const value = Number(text);
      if (!/^\d+$/.test(text) || value < least || value > most)
        problems.push(`${name} is "${text}"; it takes a whole number from ${least} to ${most}.`);
      return value;
    },
  };
}
