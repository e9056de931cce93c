/** The reason of anything thrown, in words. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  // An address with several names fails once for each, and the sum of them has no message.
  const { message, errors } = error as { message: unknown; errors?: readonly unknown[] };
  return String(message) || (errors ?? []).map(reasonOf).join('; ') || String(error);
}
