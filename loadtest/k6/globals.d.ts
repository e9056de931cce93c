/** Globals of k6 that its types leave to a browser's. */
declare const console: { warn(message: string): void };
declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
