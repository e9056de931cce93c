/** The certificates of the local stacks by an `openssl` that knows no more than LibreSSL and OpenSSL 1.1 do. */
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';

/** Options of the commands that all have (their manual pages: openssl-req of 1.1.1, openssl(1) of OpenBSD 7.0). */
const known = {
  req: '-new -x509 -sha256 -config -key -keyout -newkey -nodes -subj -extensions -reqexts -days -set_serial -in -out -batch',
  x509: '-req -sha256 -in -out -CA -CAkey -CAcreateserial -CAserial -set_serial -extfile -extensions -days -noout -text',
};

const real = spawnSync('sh', ['-c', 'command -v openssl'], { encoding: 'utf8' }).stdout.trim();
const withOpenssl = real === '' ? describe.skip : describe;

withOpenssl(
  `certificates of the local stacks${real === '' ? ' (skipped: no openssl on the PATH)' : ''}`,
  () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'sightline-certificates-'));
      const program = join(folder, 'openssl');
      writeFileSync(
        program,
        `#!/bin/sh
case "$1" in req) known='${known.req}' ;; x509) known='${known.x509}' ;; *) echo "no $1" >&2; exit 1 ;; esac
command=$1
for word in "$@"; do
  case "$word" in
    -*) case " $known " in *" $word "*) ;; *) echo "$command: unknown option $word" >&2; exit 1 ;; esac ;;
  esac
done
[ "$command" = req ] && for word in "$@"; do [ "$word" = -CA ] && exit 1; done
exec '${real}' "$@"
`,
      );
      chmodSync(program, 0o755);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** Made in a process of its own, whose PATH has just that openssl. */
    function make(name: string, path = folder) {
      const directory = join(folder, name);
      const program = `
      const { certificates } = await import(${JSON.stringify(join(checkout, 'stack/kubernetes/certificates.ts'))});
      console.log(JSON.stringify(certificates(${JSON.stringify(directory)}, {
        server: ['DNS:elasticsearch', 'DNS:localhost', 'IP:127.0.0.1'], client: ['DNS:client'],
      })));`;
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', program],
        {
          encoding: 'utf8',
          env: { PATH: path },
        },
      );
      return { status, stdout, stderr };
    }

    test('are for their addresses, signed by an authority that may sign, and no authority themselves', () => {
      const { stdout, stderr } = make('all');
      expect(stderr).toBe('');
      const { server, client } = JSON.parse(stdout) as Record<
        string,
        { authority: string; certificate: string }
      >;
      const authority = new X509Certificate(server?.authority ?? '');
      const own = new X509Certificate(server?.certificate ?? '');
      const other = new X509Certificate(client?.certificate ?? '');
      expect(own.subjectAltName).toBe('DNS:elasticsearch, DNS:localhost, IP Address:127.0.0.1');
      expect([authority.ca, own.ca]).toEqual([true, false]);
      expect([own.verify(authority.publicKey), own.checkIssued(authority)]).toEqual([true, true]);
      expect(own.serialNumber).not.toBe(other.serialNumber);
      expect(own.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
      const days = (Date.parse(own.validTo) - Date.now()) / 86_400_000;
      expect([days > 360, days < 366]).toEqual([true, true]);
    });

    test('are the same at the next run', () => {
      const { stdout } = make('again');
      expect(stdout).toContain('BEGIN CERTIFICATE');
      expect(make('again').stdout).toBe(stdout);
    });

    test('say what to install where there is no openssl', () => {
      const { status, stderr } = make('none', join(folder, 'nowhere'));
      expect(status).toBe(1);
      expect(stderr).toContain('need openssl, of any kind: install it, and run this again.');
    });
  },
);
