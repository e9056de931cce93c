import { spawnSync } from 'node:child_process';

/** Go as far as it may be used: only what `go.mod` and `go.sum` name, no other toolchain, no C compiler. */
export const goEnvironment: Readonly<Record<string, string>> = {
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
  GOTOOLCHAIN: 'local',
  CGO_ENABLED: '0',
};

/**
 * Why the Go on the PATH can't build a module, as the start of a sentence; undefined when it can.
 * @param needed the oldest that can, as in `1.26`
 */
export function whyNoGo(needed: string): string | undefined {
  const run = spawnSync('go', ['env', 'GOVERSION'], {
    encoding: 'utf8',
    env: { ...process.env, ...goEnvironment },
  });
  if (run.error !== undefined) return 'Go is not on the PATH';
  const found = run.stdout.trim().replace(/^go/, '');
  if (run.status !== 0 || !/^\d+\.\d+/.test(found))
    return `the Go on the PATH does not work (${run.stderr.trim() || `its version is "${found}"`})`;
  return comparable(found) >= comparable(needed)
    ? undefined
    : `the Go on the PATH is ${found}, older than ${needed}`;
}

/** The oldest Go that a `go.mod` takes, as in `1.26`. Throws when it has no such line. */
export function goVersionIn(goMod: string): string {
  const version = /^go (\d+\.\d+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('A go.mod has no line "go 1.x".');
  return version;
}

/** 1.26.3 as 1026: later versions of Go's language are greater. */
function comparable(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major * 1000 + minor;
}
