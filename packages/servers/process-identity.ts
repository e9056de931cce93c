import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode, readIfExists } from './atomic-file.ts';

/** A process id with the start of that process: ids are reused, the pair isn't. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque: compare, don't parse. */
  started: string;
}

/** Names a running process. Undefined when there is none with this id, or it is a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedByProc(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

/**
 * Sends a signal to exactly this process, or with `group` to the process group it leads.
 * Returns false when the process is gone. Throws EPERM when it belongs to another user.
 */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals, group = false): boolean {
  return isRunning(identity) && killIfThere(group ? -identity.pid : identity.pid, name);
}

/** `kill` that returns false instead of throwing when nothing has this id. Throws EPERM. */
export function killIfThere(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

/** The command line of a running process, for people to read; undefined when there is none. */
export function commandLine(pid: number): string | undefined {
  const ps = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  if (ps.status === 0) return ps.stdout.trim();
  return readIfReadable(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
}

function startedByProc(pid: number): string | undefined {
  const stat = readIfReadable(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = readIfExists('/proc/sys/kernel/random/boot_id')?.trim().slice(0, 8) ?? '';
  return `${boot}/${fields[19]}`;
}

function startedByPs(pid: number): string | undefined {
  const ps = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  const [state, ...started] = ps.stdout.trim().split(/\s+/);
  return ps.status !== 0 || state === undefined || state.startsWith('Z') ? undefined : started.join(' ');
}

/** The text of a file; undefined when it can't be read, whatever the reason. */
export function readIfReadable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A process may end between listing and reading: that reads as "none", whatever the error was.
    return undefined;
  }
}
