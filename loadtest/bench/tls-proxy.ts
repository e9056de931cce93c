import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sightline/servers/free-port.ts';
import { accepts } from '@sightline/servers/ports.ts';
import { makeCertificate } from '@sightline/testkit/certificate.ts';
import { eventually } from '@sightline/testkit/eventually.ts';

/** A HAProxy in front of some servers, each behind a port of its own. */
export interface TlsProxy {
  /** The address of a server through it. */
  via(url: string): string;
  stop(): Promise<void>;
}

/** The configuration of stack/compose/haproxy.cfg, with TLS to the client and one server behind each port. */
const configuration = (servers: readonly { port: number; behind: string }[], certificate: string) => `
global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 40s
  timeout server 40s
  timeout http-keep-alive 60s
${servers
  .map(
    ({ port, behind }, n) => `frontend clients-${n}
  bind 127.0.0.1:${port} ssl crt ${certificate}
  http-request del-header x-forwarded-for
  option forwardfor
  default_backend server-${n}
backend server-${n}
  server only ${behind}
`,
  )
  .join('')}`;

/**
 * Starts HAProxy, with a certificate that lives a day.
 * @throws Error with a sentence where there is no HAProxy or openssl, or with what HAProxy says
 */
export async function startTlsProxy(urls: readonly string[]): Promise<TlsProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-proxy-'));
  const made = makeCertificate(folder);
  if (made === undefined) throw new Error('There is no openssl here to make a certificate with.');
  const certificate = join(folder, 'server.pem');
  writeFileSync(
    certificate,
    [made.certificateFile, made.keyFile].map((file) => readFileSync(file)).join(''),
    {
      mode: 0o600,
    },
  );
  const servers: { url: string; port: number; behind: string }[] = [];
  for (const url of urls) servers.push({ url, port: await freePort(), behind: new URL(url).host });
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration(servers, certificate));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').finally(() => {
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  });
  const failed = ended.then(
    () => {
      throw new Error(`HAProxy ended:\n${said}`);
    },
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT'
        ? new Error('haproxy is not on the PATH; apt-get install haproxy brings it.')
        : error;
    },
  );
  failed.catch(() => {});
  await Promise.race([failed, eventually(() => accepts(servers[0]?.port ?? 0))]);
  return {
    via(url) {
      const found = servers.find((server) => server.url === url);
      if (found === undefined) throw new Error(`${url} is not behind this HAProxy.`);
      return `https://127.0.0.1:${found.port}`;
    },
    async stop() {
      kill();
      await ended;
    },
  };
}
