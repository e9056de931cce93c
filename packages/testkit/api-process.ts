import { portsOf, type ServiceProcess, startProcess } from './process.ts';

/** The API as a process of its own, listening. */
export interface ApiProcess extends ServiceProcess {
  readonly url: string;
  readonly managementUrl: string;
}

/**
 * Starts it on free ports and waits until it listens. Kill it in the test that started it.
 * @param environment with DATABASE_URL; LOG_LEVEL must let through the line that tells the ports
 * @param options as of `startProcess`
 */
export async function startApiProcess(
  environment: Record<string, string>,
  options?: readonly string[],
): Promise<ApiProcess> {
  const started = startProcess('main.ts', { PORT: '0', MANAGEMENT_PORT: '0', ...environment }, options);
  const { port, managementPort } = await portsOf(started);
  return { ...started, url: `http://127.0.0.1:${port}`, managementUrl: `http://127.0.0.1:${managementPort}` };
}
