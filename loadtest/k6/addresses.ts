/**
 * Addresses that users of load tests come from, each its own, as the users of a service behind a proxy do. They are of
 * 198.18.0.0/15, which RFC 2544 sets apart for tests: nobody else has one. Knows nothing of k6's modules, so that
 * whatever else tries a stack uses it too.
 */

const addresses = 2 ** 17;

/** The address of a number, from 0 to 131071. Those of higher numbers come again. */
export function testAddress(number: number): string {
  const host = number % addresses;
  return `198.${18 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`;
}

/** One by chance: what a run before this one sent is seldom counted with it. */
export function anyTestAddress(): string {
  const [high = 0, middle = 0, low = 0] = crypto.getRandomValues(new Uint8Array(3));
  return testAddress((high << 16) | (middle << 8) | low);
}

/** How a proxy says whom it has a request from. Believed only where the API trusts who sends it (TRUSTED_PROXIES). */
export const forwardedFor = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });
