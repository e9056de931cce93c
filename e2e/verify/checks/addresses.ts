/** Whom the API takes for the client: what X-Forwarded-For says, where a proxy that it trusts sends it, and nowhere else. */
import { request } from 'node:http';
import { anyTestAddress, forwardedFor } from '@sightline/loadtest/k6/addresses.ts';
import { policiesOf } from '@sightline/loadtest/k6/limits.ts';
import { CheckFailed, expectNone } from '@sightline/testkit/check.ts';
import type { Proof } from '../check.ts';
import type { Stack } from '../stack.ts';

const answerMs = 10_000;

/** A way to the API. */
interface Way {
  readonly name: string;
  readonly url: string;
  /** Address of this machine that the connection comes from, in place of 127.0.0.1. */
  readonly localAddress?: string;
  readonly believed: boolean;
}

/** Ways to a stack of this machine: one for tests, and one for everybody, who may say what they like. */
function waysTo({ apiUrl, clientsUrl = '' }: Stack): readonly Way[] {
  const tests = { name: 'the way for tests', url: clientsUrl, believed: true };
  if (apiUrl !== clientsUrl) return [tests, { name: 'the public port', url: apiUrl, believed: false }];
  // Other systems have one loopback address, and no other connection gets to a native stack.
  if (process.platform !== 'linux') return [tests];
  const stranger = { name: 'a connection from 127.0.0.2', url: apiUrl, localAddress: '127.0.0.2' };
  return [tests, { ...stranger, believed: false }];
}

/** Requests that the limit per address has counted of whoever is said to send this one. */
function countedFor(client: string, { name, url, localAddress }: Way): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { headers: forwardedFor(client), agent: false as const, timeout: answerMs };
    const asked = request(
      `${url}/v1/todos`,
      { ...options, ...(localAddress && { localAddress }) },
      (answer) => {
        answer.resume();
        const left = /"ip";r=(\d+)/.exec(String(answer.headers['ratelimit']))?.[1];
        const { quota } = policiesOf(String(answer.headers['ratelimit-policy'])).get('ip') ?? {};
        if (left !== undefined && quota !== undefined) resolve(quota - Number(left));
        else
          reject(
            new CheckFailed([
              `${name}: GET /v1/todos has to say in RateLimit how many requests an address has left; it says ` +
                `${answer.headers['ratelimit']}. Limits are off: RATE_LIMIT_IP is 0.`,
            ]),
          );
      },
    );
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
    asked.once('error', (error) => reject(new CheckFailed([`${name}: ${error.message}.`])));
    asked.end();
  });
}

/** Two clients, one after the other, by each way: they are told apart, or counted as one. */
export async function checkAddresses({ stack }: Proof): Promise<string> {
  const ways = waysTo(stack);
  const faults: string[] = [];
  for (const way of ways) {
    const [first, second] = [
      await countedFor(anyTestAddress(), way),
      await countedFor(anyTestAddress(), way),
    ] as const;
    if (way.believed && (first !== 1 || second !== 1))
      faults.push(
        `${way.name} has to count each address in X-Forwarded-For by itself: it counted ${first} and ${second} requests of two new ones.`,
      );
    if (!way.believed && second <= first)
      faults.push(
        `${way.name} has to take what X-Forwarded-For says for nothing: two addresses in it were told apart.`,
      );
  }
  expectNone(faults);
  return `${ways.map(({ name, believed }) => `${name} ${believed ? 'is believed' : 'is not'}`).join(', ')}; limits are on`;
}
