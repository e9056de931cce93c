import { spawnSync } from 'node:child_process';

/** Programs that tests use and that neither npm nor PyPI has, with the Debian package of each. */
const packages: readonly { program: string; package: string }[] = [
  { program: 'redis-server', package: 'redis-server' },
  { program: 'prometheus-blackbox-exporter', package: 'prometheus-blackbox-exporter' },
  { program: 'chromium', package: 'chromium' },
  { program: 'ruby', package: 'ruby' },
  { program: 'pgbouncer', package: 'pgbouncer' },
  { program: 'haproxy', package: 'haproxy' },
];

const runs = (command: string, args: readonly string[]) => {
  // Runlevel 1 keeps Debian from starting a service that it installs: tests start their own, on free ports.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  return spawnSync(command, args, { env, stdio: 'ignore' }).status === 0;
};

/**
 * Installs the missing ones, where this is Debian and we are root. Elsewhere, and when the installation fails, the
 * tests that need them are skipped and say so.
 */
export function installDebianPackages(): void {
  const missing = packages
    .filter(({ program }) => !runs('sh', ['-c', 'command -v "$1"', 'sh', program]))
    .map((one) => one.package);
  if (missing.length === 0 || process.getuid?.() !== 0 || !runs('apt-get', ['--version'])) return;
  console.log(`Installing Debian's ${missing.join(', ')} …`);
  const install = ['install', '--yes', '--no-install-recommends', ...missing];
  const done = runs('apt-get', install) || (runs('apt-get', ['update']) && runs('apt-get', install));
  if (!done) console.log('apt-get could not install them; the tests that need them will be skipped.');
}
