import { spawnSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate for 127.0.0.1 (and no name), signed by its own key. */
export interface Certificate {
  certificateFile: string;
  keyFile: string;
}

/**
 * Makes a certificate in `folder` that lives a day, its key readable by the owner of `folder` only.
 * Undefined where there is no `openssl`.
 */
export function makeCertificate(folder: string): Certificate | undefined {
  const certificateFile = join(folder, 'server.crt');
  const keyFile = join(folder, 'server.key');
  const made = spawnSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-days',
        '1',
        '-subj',
        '/CN=sightline-test',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', keyFile, '-out', certificateFile],
    ],
    { encoding: 'utf8' },
  );
  if (made.error !== undefined) return undefined;
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr.trim()}`);
  const { uid, gid } = statSync(folder);
  chownSync(keyFile, uid, gid);
  return { certificateFile, keyFile };
}
