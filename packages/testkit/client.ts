import type { AnswerCheck } from './answer-checker.ts';

/** An answer, read whole. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed JSON; throws when the answer is none. */
  readonly body: Body;
}

export interface RequestOptions {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Buffer;
}

export type Send = <Body = Record<string, unknown>>(
  method: string,
  path: string,
  options?: RequestOptions,
) => Promise<Answer<Body>>;

/**
 * A client of the API at a base address.
 * @param always header fields that every request has
 * @param check throws on an answer that isn't as the OpenAPI document declares it
 */
export function createClient(
  baseUrl: string,
  check: AnswerCheck,
  always: Readonly<Record<string, string>> = {},
): Send {
  return async <Body>(
    method: string,
    path: string,
    { token, headers = {}, json, raw }: RequestOptions = {},
  ) => {
    const mediaType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const body = json === undefined ? raw : JSON.stringify(json);
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'Content-Type': mediaType }),
        ...(token && { Authorization: `Bearer ${token}` }),
        ...always,
        ...headers,
      },
      ...(body !== undefined && { body }),
      redirect: 'manual',
    });
    const text = await response.text();
    check(method, `${baseUrl}${path}`, { status: response.status, headers: response.headers, text });
    return {
      status: response.status,
      headers: response.headers,
      text,
      get body() {
        return JSON.parse(text) as Body;
      },
    };
  };
}
