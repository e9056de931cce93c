import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { eventually } from './eventually.ts';
import { checkSignals } from './signal-check.ts';

const source = resolve(checkout, 'app/src');

/** A process of the service, with what it has printed so far. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** @returns the exit code, or the signal it died of */
  readonly ended: Promise<number | string>;
}

const { PATH, NODE_COMPILE_CACHE } = process.env;
/** The environment of a program that gets all its settings from its test. */
export const bareEnvironment: Readonly<Record<string, string>> = {
  ...(PATH && { PATH }),
  ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
};

/**
 * Starts a file of app/src with just the given environment. Kill it in the test that started it.
 * @param options of Node.js; what they import can speak with this process by messages
 */
export function startProcess(
  file: string,
  environment: Record<string, string>,
  options: readonly string[] = [],
): ServiceProcess {
  const child = spawn(process.execPath, [...options, resolve(source, file)], {
    env: { ...bareEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.length > 0 ? (['ipc'] as const) : [])],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  const ended = once(child, 'close').then(([code, signal]) => {
    process.off('exit', killWithTests);
    const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    checkSignals(
      lines.map((line) => `${line}\n`),
      new Map(),
    );
    return (code ?? signal) as number | string;
  });
  return { child, output: () => output, ended };
}

/** The ports that a service says it listens on; waits until it does. */
export async function portsOf({
  output,
}: Pick<ServiceProcess, 'output'>): Promise<{ port: number; managementPort: number }> {
  const said = () =>
    /"event\.action":"process-started","labels\.port":(\d+),"labels\.management_port":(\d+)/.exec(output());
  await eventually(() => said() !== null);
  const [, port, managementPort] = said() ?? [];
  return { port: Number(port), managementPort: Number(managementPort) };
}
