/** Globals of k6 that its types leave to a browser's. */
declare const console: { log(message: string): void; warn(message: string): void };
declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
