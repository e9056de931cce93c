/** Numbers that look random and are the same for the same seed, quick enough for hundreds of millions of them. */
export interface Random {
  /** From 0 up to 1, without 1. */
  next(): number;
  /** A whole number from 0 up to `count`, without it. */
  below(count: number): number;
  /**
   * The same, small numbers more often: `n` weighs 1 / (n + head), as sizes of accounts and words of a language do.
   */
  skewed(count: number, head: number): number;
  chance(share: number): boolean;
}

/** xorshift with 128 bits of state (Marsaglia, 2003). @param seed a whole number, 0 included */
export function randomOf(seed: number): Random {
  let [x, y, z, w] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88, 0xb7e15162 | 0];
  const next = () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return (w >>> 0) / 2 ** 32;
  };
  // The first numbers of two near seeds resemble each other.
  for (let n = 0; n < 32; n += 1) next();
  return {
    next,
    below: (count) => Math.floor(next() * count),
    // The inverse of the distribution's integral.
    skewed: (count, head) => Math.floor(head * ((count + head) / head) ** next() - head),
    chance: (share) => next() < share,
  };
}
