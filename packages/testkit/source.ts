import { request } from 'node:http';
import { text as readAll } from 'node:stream/consumers';

/** An answer to a request that was sent from a chosen address. */
export interface SourcedAnswer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/**
 * Sends a GET from an address of this machine, on a connection of its own: all of 127.0.0.0/8 is loopback, so a
 * test can be many clients.
 */
export function getFrom(
  localAddress: string,
  url: string,
  headers: Record<string, string> = {},
): Promise<SourcedAnswer> {
  return new Promise((resolve, reject) => {
    request(url, { localAddress, headers, agent: false }, async (response) =>
      resolve({ status: response.statusCode, headers: response.headers, text: await readAll(response) }),
    )
      .on('error', reject)
      .end();
  });
}
