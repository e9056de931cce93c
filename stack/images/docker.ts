import { spawnSync } from 'node:child_process';
import { hasCode } from '../native/atomic-file.ts';

/** Docker's own builder: it is everywhere, and the Dockerfile asks for no more. */
const env = { ...process.env, DOCKER_BUILDKIT: '0' };

/** Why Docker can't be used; undefined when it can. */
export function whyNoDocker(): string | undefined {
  const { status } = spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
  return status === 0 ? undefined : 'no Docker daemon answers';
}

/**
 * Runs docker and returns what it prints, but for the last line end.
 * @throws Error with the end of what it said
 */
export function docker(args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('docker', args, {
    encoding: 'utf8',
    env,
    maxBuffer: 256 * 1024 * 1024,
    timeout: 600_000,
  });
  if (status === 0) return stdout.trimEnd();
  if (hasCode(error, 'ENOENT')) throw new Error('There is no docker on the PATH.');
  const said = error?.message ?? `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(`docker ${args.slice(0, 2).join(' ')} failed: ${said}`);
}
