import { eventually } from './eventually.ts';
import { type ServiceProcess, startProcess } from './process.ts';

/** The API as a process of its own, listening. */
export interface ApiProcess extends ServiceProcess {
  readonly url: string;
  readonly managementUrl: string;
}

/**
 * Starts it on free ports and waits until it listens. Kill it in the test that started it.
 * @param environment with DATABASE_URL; LOG_LEVEL must let through the line that tells the ports
 */
export async function startApiProcess(environment: Record<string, string>): Promise<ApiProcess> {
  const started = startProcess('main.ts', { PORT: '0', MANAGEMENT_PORT: '0', ...environment });
  const line = () =>
    started
      .output()
      .split('\n')
      .find((text) => text.includes('"listening"')) ?? '';
  const address = (port: RegExp) => {
    const [, number] = port.exec(line()) ?? [];
    if (number === undefined) throw new Error(`The API does not listen: ${started.output()}`);
    return `http://127.0.0.1:${number}`;
  };
  await eventually(() => line() !== '');
  return { ...started, url: address(/[".]port":(\d+)/), managementUrl: address(/management_port":(\d+)/) };
}
