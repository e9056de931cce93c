/** Certificates of an authority of the local cluster's own, by openssl. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from '../native/atomic-file.ts';

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
    const authority = 'basicConstraints=critical,CA:TRUE';
    openssl(temporary, 'authority', ['-subj', '/CN=Sightline local cluster', '-addext', authority]);
    const signed = ['-CA', join(temporary, 'authority.crt'), '-CAkey', join(temporary, 'authority.key')];
    for (const [name, addresses] of Object.entries(names))
      openssl(temporary, name, [
        ...signed,
        ...['-subj', `/CN=${name}`],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
        ...['-addext', `subjectAltName=${addresses.join(',')}`],
      ]);
    renameSync(temporary, directory);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function openssl(folder: string, name: string, more: readonly string[]): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
  const run = spawnSync('openssl', ['req', '-x509', '-days', days, ...key, ...files, ...more], {
    encoding: 'utf8',
  });
  if (run.error !== undefined)
    throw new Error('The certificates of the log path need openssl 3: install it, and run this again.');
  if (run.status !== 0) throw new Error(`openssl made no certificate: ${run.stderr.trim()}`);
}
