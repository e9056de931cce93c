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
 * @param goMod the module's `go.mod`, whose `go` line says the oldest that can
 */
export function whyNoGo(goMod: string): string | undefined {
  const needed = /^go (\d+)\.(\d+)/m.exec(goMod);
  const run = spawnSync('go', ['env', 'GOVERSION'], {
    encoding: 'utf8',
    env: { ...process.env, ...goEnvironment },
  });
  if (run.error !== undefined) return 'Go is not on the PATH';
  const found = /^go(\d+)\.(\d+)/.exec(run.stdout);
  if (run.status !== 0 || found === null || needed === null)
    return `the Go on the PATH does not work (${run.stderr.trim()})`;
  const [neededMajor, neededMinor, major, minor] = [needed[1], needed[2], found[1], found[2]].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const fits = major > neededMajor || (major === neededMajor && minor >= neededMinor);
  return fits
    ? undefined
    : `the Go on the PATH is ${run.stdout.trim().slice(2)}, older than ${needed[0].slice(3)}`;
}

/** The oldest Go that a `go.mod` takes, as in `1.26`. */
export function goVersionIn(goMod: string): string {
  return /^go (\d+\.\d+)/m.exec(goMod)?.[1] ?? 'a current version';
}
