/** Clients that do what clients should not. */
import type { Drill } from '../drill.ts';
import type { Ground } from '../ground.ts';

/** Between two requests of a flood, in milliseconds. */
const betweenMs = 100;

/** Sends requests until the recovery, about ten a second, whatever the answers are. */
function flood(
  { addresses }: Ground,
  recovery: AsyncDisposableStack,
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
  }, betweenMs);
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
      flood(ground, recovery, { method: 'DELETE', path: '/v1/users/me', token, body: { password: 'wrong' } });
    },
  },
  {
    alert: 'LogInFailureSurge',
    labels: { job: 'todo-api' },
    fault: 'Somebody guesses passwords, ten a second',
    within: 25,
    value: [0.5, 20],
    async cause(ground, recovery) {
      const { email } = await ground.account();
      flood(ground, recovery, { method: 'POST', path: '/v1/sessions', body: { email, password: 'a guess' } });
    },
  },
];
