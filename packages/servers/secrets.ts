import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFileOnce } from './atomic-file.ts';

/**
 * A password kept in `<directory>/<name>`, generated at its first use (192 random bits; only letters, digits,
 * `-` and `_`, so it needs no quoting in a URL or in SQL). Throws the file system's error.
 */
export function password(directory: string, name: string): string {
  return createSecret(directory, name, newPassword).value.trim();
}

/** A fresh password that is kept nowhere. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * The path of a private JWK Set (`{keys: [one Ed25519 signing key]}`) in `<directory>/jwt-keys.json`, generated at
 * its first use. Throws the file system's error.
 */
export function jwtKeysFile(directory: string): string {
  return createSecret(directory, 'jwt-keys.json', newJwks).path;
}

function newJwks(): string {
  const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return `${JSON.stringify({ keys: [{ ...key, kid: randomUUID(), alg: 'EdDSA', use: 'sig' }] }, null, 2)}\n`;
}

function createSecret(directory: string, name: string, make: () => string): { path: string; value: string } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name);
  return { path, value: createFileOnce(path, make) };
}
