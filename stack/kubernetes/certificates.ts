/** Certificates of an authority of the local cluster's own, by openssl. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from '@sightline/servers/atomic-file.ts';

/** PEM. */
export interface Certificate {
  readonly authority: string;
  readonly certificate: string;
  /** PKCS#8. */
  readonly key: string;
}

/** A local cluster seldom lives longer; then `make clean` and the same commands make new ones. */
const days = '365';

/**
 * Certificates for these names, made at the first use and kept in `directory`, which only its owner can enter.
 * @param names by the name of each certificate, the addresses that it is for (`DNS:…`, `IP:…`)
 * @throws Error that says what openssl said, or that there is none
 */
export function certificates<Name extends string>(
  directory: string,
  names: Readonly<Record<Name, readonly string[]>>,
): Readonly<Record<Name, Certificate>> {
  if (!existsSync(directory)) make(directory, names);
  const read = (file: string) => readFileSync(join(directory, file), 'utf8');
  const authority = read('authority.crt');
  return Object.fromEntries(
    Object.keys(names).map((name) => [
      name,
      { authority, certificate: read(`${name}.crt`), key: read(`${name}.key`) },
    ]),
  ) as Record<Name, Certificate>;
}

/** All of them or none, also when two make them at once. */
function make(directory: string, names: Readonly<Record<string, readonly string[]>>): void {
  mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
  const temporary = mkdtempSync(`${directory}-`);
  try {
    makeAuthority(temporary);
    for (const [name, addresses] of Object.entries(names)) sign(temporary, name, addresses);
    renameSync(temporary, directory);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Sections that each `openssl` reads from a file: LibreSSL and OpenSSL 1.1 lack the options that would do without. */
const settings = (extensions: readonly string[]) =>
  ['[req]', 'distinguished_name = name', '[name]', '[extensions]', ...extensions, ''].join('\n');

/** The file of settings and a new key for `name`, both in `folder`. */
function prepare(folder: string, name: string, extensions: readonly string[]) {
  const path = (ending: string) => join(folder, `${name}.${ending}`);
  writeFileSync(path('cnf'), settings(extensions));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  writeFileSync(path('key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return path;
}

function makeAuthority(folder: string): void {
  const path = prepare(folder, 'authority', [
    'basicConstraints = critical, CA:TRUE',
    'keyUsage = critical, keyCertSign, cRLSign',
    'subjectKeyIdentifier = hash',
  ]);
  const subject = ['-subj', '/CN=Sightline local cluster', '-extensions', 'extensions', '-days', days];
  openssl(
    'req',
    '-new',
    '-x509',
    '-sha256',
    '-config',
    path('cnf'),
    '-key',
    path('key'),
    ...subject,
    '-out',
    path('crt'),
  );
}

/** In two steps, a request and its signature, which every `openssl` has. */
function sign(folder: string, name: string, addresses: readonly string[]): void {
  const path = prepare(folder, name, [
    'basicConstraints = critical, CA:FALSE',
    `subjectAltName = ${addresses.join(',')}`,
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid',
  ]);
  const request = ['-new', '-sha256', '-config', path('cnf'), '-key', path('key'), '-subj', `/CN=${name}`];
  openssl('req', ...request, '-out', path('csr'));
  const by = ['-CA', join(folder, 'authority.crt'), '-CAkey', join(folder, 'authority.key')];
  // Positive, and not one that another certificate of this authority has.
  const serial = `0x01${randomBytes(15).toString('hex')}`;
  const what = ['-set_serial', serial, '-extfile', path('cnf'), '-extensions', 'extensions', '-days', days];
  openssl('x509', '-req', '-sha256', '-in', path('csr'), ...by, ...what, '-out', path('crt'));
}

function openssl(...args: readonly string[]): void {
  const run = spawnSync('openssl', args, { encoding: 'utf8' });
  if (run.error !== undefined)
    throw new Error(
      'The certificates of the log path need openssl, of any kind: install it, and run this again.',
    );
  if (run.status !== 0) throw new Error(`openssl made no certificate: ${run.stderr.trim()}`);
}
