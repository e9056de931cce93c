/** The API as journeys use it: each request is tagged and checked. */
import { check, sleep } from 'k6';
import http, { type RefinedResponse } from 'k6/http';
import { forwardedFor } from './addresses.ts';
import { type OperationName, operations, unmatched } from './contract.ts';
import { ownAddresses, target } from './settings.ts';

/** A 4xx is an answer; a load test's mistakes are made on purpose. */
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 499 }));

/** The rest of a journey makes no sense after an answer that it did not expect. */
export class JourneyOver extends Error {}

export interface RequestOptions {
  /** In place of the route's parameters. */
  readonly id?: string;
  readonly query?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string;
}

export type Answer = RefinedResponse<'text'>;

/** Where this virtual user's requests come from. */
let origin: Readonly<Record<string, string>> = {};

/** From now on this virtual user's requests come from an address, where users have addresses of their own. */
export function comeFrom(address: string): void {
  if (ownAddresses) origin = forwardedFor(address);
}

/** The header fields by which every request says where it comes from. */
export const originHeaders = () => origin;

const shownSurprises = 3;
let surprises = 0;

/**
 * Sends a request and waits for its answer.
 * @throws JourneyOver when the status is another one
 */
export function call(
  name: OperationName | 'unmatched',
  expected: number,
  { id, query, token, headers = {}, json, raw }: RequestOptions = {},
): Answer {
  const { method, route, class: routeClass } = name === 'unmatched' ? unmatched : operations[name];
  const path = name === 'unmatched' ? '/v1/no-such-thing' : route.replace(':id', id ?? '');
  const body = json === undefined ? (raw ?? null) : JSON.stringify(json);
  const mediaType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = http.request(method, `${target}${path}${query === undefined ? '' : `?${query}`}`, body, {
    headers: {
      ...origin,
      ...(body === null ? {} : { 'Content-Type': mediaType }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    tags: { name: route, class: routeClass, expected: String(expected) },
    redirects: 0,
    timeout: '30s',
    responseType: 'text',
  });
  const what = `${method} ${route} answers ${expected}`;
  if (check(response, { [what]: ({ status }) => status === expected })) return response;
  surprises += 1;
  if (surprises <= shownSurprises) {
    const got = response.status === 0 ? response.error : `${response.status}`;
    console.warn(`${what}: got ${got} (request ${response.headers['X-Request-Id'] ?? 'without id'})`);
  }
  throw new JourneyOver(what);
}

/** The JSON of an answer. */
export function bodyOf<Body>(answer: Answer): Body {
  return JSON.parse(answer.body) as Body;
}

/** Waits as a person would: between half and one and a half times the profile's thinking time. */
export function think(): void {
  sleep(Number(__ENV['THINK_SECONDS'] ?? '1') * (0.5 + Math.random()));
}
