/** Clients that do what clients should not. */
import type { Drill } from '../drill.ts';
import type { Ground } from '../ground.ts';

/** Sends so many requests a second until the recovery, whatever the answers are. */
function flood(
  { addresses }: Ground,
  recovery: AsyncDisposableStack,
  perSecond: number,
  request: { method: string; path: string; token?: string; body: object },
): void {
  const { method, path, token, body } = request;
  const timer = setInterval(() => {
    fetch(`${addresses.API_URL}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
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
    async cause(ground, recovery) {
      const { token } = await ground.account();
      flood(ground, recovery, 10, {
        method: 'DELETE',
        path: '/v1/users/me',
        token,
        body: { password: 'wrong' },
      });
    },
  },
  {
    alert: 'LogInFailureSurge',
    labels: { job: 'todo-api' },
    fault: 'Somebody guesses passwords, three a second',
    within: 25,
    value: [0.5, 20],
    async cause(ground, recovery) {
      const { email } = await ground.account();
      // More would take a core for their hashes alone.
      flood(ground, recovery, 3, {
        method: 'POST',
        path: '/v1/sessions',
        body: { email, password: 'a guess' },
      });
    },
  },
];
