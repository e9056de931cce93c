/** Clients that do what clients should not. */
import { anyTestAddress, forwardedFor } from '@sightline/loadtest/k6/addresses.ts';
import type { Drill } from '../drill.ts';
import type { SystemUnderTest } from '../system.ts';

interface Flooding {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * Sends so many requests a second until the recovery, whatever the answers are.
 * @param request the one of this number
 */
function flood(
  { addresses }: SystemUnderTest,
  recovery: AsyncDisposableStack,
  perSecond: number,
  request: (n: number) => Flooding,
): void {
  let sent = 0;
  const timer = setInterval(() => {
    const { method, path, headers, body } = request(sent);
    sent += 1;
    fetch(`${addresses.API_URL}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }).then(
      (response) => response.arrayBuffer(),
      () => {},
    );
  }, 1000 / perSecond);
  recovery.defer(() => clearInterval(timer));
}

export const clientDrills: readonly Drill[] = [
  {
    alert: 'RateLimitSurge',
    labels: { job: 'todo-api', limiter: 'password' },
    fault: 'A client asks again and again for what takes its password',
    within: 25,
    value: [1, 20],
    // Until the limit is reached, the wrong passwords are counted.
    alongside: [{ alert: 'LogInFailureSurge' }],
    async injectFault(system, recovery) {
      const { token, origin } = await system.account();
      flood(system, recovery, 10, () => ({
        method: 'DELETE',
        path: '/v1/users/me',
        headers: { authorization: `Bearer ${token}`, ...origin },
        body: { password: 'wrong' },
      }));
    },
  },
  {
    alert: 'LogInFailureSurge',
    labels: { job: 'todo-api' },
    fault:
      'Somebody tries passwords for one account after the other, three a second, each time from another network',
    within: 25,
    value: [0.5, 20],
    async injectFault(system, recovery) {
      await system.account();
      // More would take a core for their hashes alone.
      flood(system, recovery, 3, (n) => ({
        method: 'POST',
        path: '/v1/sessions',
        headers: forwardedFor(anyTestAddress()),
        body: { email: `account-${n}@example.com`, password: 'a guess' },
      }));
    },
  },
  {
    alert: 'PasswordGuessing',
    labels: { job: 'todo-api' },
    fault:
      'Somebody guesses the password of one account, four times a second, each time from another network',
    within: 45,
    value: [0.05, 20],
    // Before the account's limit is reached, the guesses fail; after it, they are many for any limit.
    alongside: [{ alert: 'LogInFailureSurge' }, { alert: 'RateLimitSurge', limiter: 'account' }],
    async injectFault(system, recovery) {
      const { email } = await system.account();
      flood(system, recovery, 4, () => ({
        method: 'POST',
        path: '/v1/sessions',
        headers: forwardedFor(anyTestAddress()),
        body: { email, password: 'a guess' },
      }));
    },
  },
];
