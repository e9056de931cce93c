/** Certificates for the TLS endpoint of the drills, by an authority of their own. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const files = (folder: string) => ({
  authority: join(folder, 'authority.crt'),
  authorityKey: join(folder, 'authority.key'),
  certificate: join(folder, 'server.crt'),
  key: join(folder, 'server.key'),
});

/** The certificate of the authority, for whoever has to trust the endpoint. */
export const authorityOf = (folder: string): string => files(folder).authority;

/** Files that the endpoint reads at its start: its certificate and key. */
export const certificateOf = (folder: string): { certificate: string; key: string } => files(folder);

/** Why none can be made here. */
export function whyNoCertificates(): string | undefined {
  return spawnSync('openssl', ['version']).status === 0
    ? undefined
    : 'openssl is not on the PATH, so no certificate can be made';
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr.trim()}`);
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Gives the folder a certificate for 127.0.0.1 in place of the one it has; its authority stays the same.
 * @param days that it is valid from now
 * @throws Error with what openssl said
 */
export function issueCertificate(folder: string, days: number): void {
  const { authority, authorityKey, certificate, key } = files(folder);
  if (!existsSync(authority))
    openssl(
      ...['req', '-x509', '-days', '365', '-subj', '/CN=sightline-drills', ...newKey],
      ...['-keyout', authorityKey, '-out', authority],
    );
  const request = join(folder, 'server.csr');
  const extensions = join(folder, 'extensions');
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\n');
  openssl('req', '-subj', '/CN=127.0.0.1', ...newKey, '-keyout', key, '-out', request);
  openssl(
    ...['x509', '-req', '-days', String(days), '-in', request, '-extfile', extensions],
    ...['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial', '-out', certificate],
  );
}
