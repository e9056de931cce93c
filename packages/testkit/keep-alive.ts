import { Agent, request } from 'node:http';
import { text as readAll } from 'node:stream/consumers';

/** The answer to a request on a kept connection. */
export interface KeptAnswer {
  readonly status: number;
  /** Whether the server ends the connection after it. */
  readonly closes: boolean;
  readonly text: string;
}

/** Many connections that are used again and again, as a load balancer's are. */
export interface KeepAliveClient {
  /** Rejects when no whole answer comes. */
  send(
    method: string,
    path: string,
    token: string,
    json?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<KeptAnswer>;
  close(): void;
}

export function keepAliveClient(baseUrl: string, connections: number): KeepAliveClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    send: (method, path, token, json, further = {}) =>
      new Promise((resolve, reject) => {
        const body = json === undefined ? '' : JSON.stringify(json);
        const headers = {
          ...further,
          Authorization: `Bearer ${token}`,
          ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
        };
        request(`${baseUrl}${path}`, { method, headers, agent }, (response) => {
          readAll(response).then(
            (text) =>
              resolve({
                status: response.statusCode ?? 0,
                closes: response.headers.connection === 'close',
                text,
              }),
            reject,
          );
        })
          .on('error', reject)
          .end(body);
      }),
    close: () => agent.destroy(),
  };
}
