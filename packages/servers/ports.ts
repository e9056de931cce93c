import { spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { hasCode } from './atomic-file.ts';
import { commandLine } from './process-identity.ts';

/**
 * Listens on a port of 127.0.0.1, and turns away whoever connects: clients of the port's last holder look for it there, and
 * a server closes after its last connection only.
 * @returns what gives the port back. Rejects with the system's error
 */
export async function holdPort(port: number): Promise<() => Promise<void>> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).destroy();
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Why nothing can listen on a port of 127.0.0.1, with the holder's id and command where the system tells them.
 * Undefined when the port is free.
 */
export async function whyNotFree(port: number): Promise<string | undefined> {
  // Both ways: on macOS a listener on all addresses doesn't hinder one on 127.0.0.1.
  const refused = (await listenError(port)) ?? ((await accepts(port)) ? 'EADDRINUSE' : undefined);
  if (refused === undefined) return undefined;
  if (refused !== 'EADDRINUSE') return `the system refuses it (${refused})`;
  const pid = holder(port);
  return pid === undefined
    ? 'taken by a process that this user may not see'
    : `taken by process ${pid} (${commandLine(pid)?.slice(0, 80) ?? 'already gone'})`;
}

/**
 * A sentence for every port that is taken: its holder, and the setting to change.
 * @param owners what wants to listen, and the settings of its ports
 * @param ports by the name of their setting
 */
export async function takenPorts(
  owners: readonly { readonly name: string; readonly ports: readonly { readonly setting: string }[] }[],
  ports: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  const all = owners.flatMap(({ name, ports: own }) => own.map(({ setting }) => ({ name, setting })));
  const found = await Promise.all(
    all.map(async ({ name, setting }) => {
      const port = ports[setting] ?? 0;
      const reason = await whyNotFree(port);
      return reason === undefined
        ? []
        : [
            `Port ${port} for ${name} is ${reason}. Stop that, or choose another: make up ${setting}=${port + 1}`,
          ];
    }),
  );
  return found.flat();
}

/** Whether something accepts TCP connections on this port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}

async function listenError(port: number): Promise<string | undefined> {
  try {
    const release = await holdPort(port);
    await release();
    return undefined;
  } catch (error) {
    return hasCode(error, 'EADDRINUSE') ? 'EADDRINUSE' : (error as Error).message;
  }
}

function holder(port: number): number | undefined {
  const lsof = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp'], { encoding: 'utf8' });
  const ss = () => spawnSync('ss', ['-Hltnp', `sport = :${port}`], { encoding: 'utf8' });
  const pid = /^p(\d+)/m.exec(lsof.stdout ?? '')?.[1] ?? /pid=(\d+)/.exec(ss().stdout ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}
